package world

import (
	"fmt"
	"math/big"
	"strconv"
)

// GradeLines are the lines of one KPI of the rule grades; nil ones are not drawn.
type GradeLines struct {
	Direction                string
	Warning, Pass, Excellent *big.Rat
}

// Target is the value of the rule targets for one KPI.
type Target struct {
	Every, Agent, Group, Shop *big.Rat
	Agents, Groups            map[string]*big.Rat
}

// PayTerm is one KPI of a pay plan, in percent.
type PayTerm struct {
	Weight, Threshold, Floor, Cap *big.Rat
	Missing                       string
}

// PayPlan is the value of the rule pay_plan; one without terms is none.
type PayPlan struct {
	Everyone       *big.Rat
	Groups, Agents map[string]*big.Rat
	Terms          map[string]PayTerm
}

func exactly(s string) *big.Rat {
	r, _ := new(big.Rat).SetString(s) // of constants below
	return r
}

func defaultGrades() map[string]GradeLines {
	return map[string]GradeLines{
		"answer_ratio":      {Direction: "higher", Warning: exactly("1"), Pass: exactly("1.2"), Excellent: exactly("1.4")},
		"response_avg_s":    {Direction: "lower", Warning: exactly("60"), Pass: exactly("40"), Excellent: exactly("25")},
		"reply_rate":        {Direction: "higher", Pass: exactly("1")},
		"online_hours_avg":  {Direction: "higher", Pass: exactly("9")},
		"reply_within_rate": {Direction: "higher", Warning: exactly("0.9")},
	}
}

func isOff(v any) bool { return v == "off" || v == false }

// setPay puts the value of grades, targets or pay_plan into r.
func (r *Rules) setPay(name string, v any) error {
	switch name {
	case "grades":
		r.Grades = defaultGrades()
		if isOff(v) {
			r.Grades = nil
			return nil
		}
		return eachKey(v, r.setGrade)
	case "targets":
		r.Targets = map[string]Target{}
		return eachKey(v, r.setTarget)
	case "pay_plan":
		r.PayPlan = PayPlan{Terms: map[string]PayTerm{}}
		if isOff(v) {
			return nil
		}
		return eachKey(v, r.setPayKey)
	default:
		return fmt.Errorf("no such rule in these worlds")
	}
}

func (r *Rules) setGrade(kpi string, v any) error {
	if isOff(v) {
		delete(r.Grades, kpi)
		return nil
	}
	g := r.Grades[kpi]
	err := eachKey(v, func(key string, v any) error {
		if key == "direction" {
			g.Direction = fmt.Sprint(v)
			return nil
		}
		line, ok := map[string]**big.Rat{"warning": &g.Warning, "pass": &g.Pass, "excellent": &g.Excellent}[key]
		if !ok {
			return fmt.Errorf("unknown key %s", key)
		}
		if isOff(v) {
			*line = nil
			return nil
		}
		return setNumber(line, v)
	})
	r.Grades[kpi] = g
	return err
}

func (r *Rules) setTarget(kpi string, v any) error {
	var t Target
	if _, ok := v.(map[string]any); !ok {
		err := setNumber(&t.Every, v)
		r.Targets[kpi] = t
		return err
	}
	err := eachKey(v, func(key string, v any) error {
		switch key {
		case "agent":
			return setNumber(&t.Agent, v)
		case "group":
			return setNumber(&t.Group, v)
		case "shop":
			return setNumber(&t.Shop, v)
		case "agents":
			return setNumbers(&t.Agents, v)
		case "groups":
			return setNumbers(&t.Groups, v)
		default:
			return fmt.Errorf("unknown key %s", key)
		}
	})
	r.Targets[kpi] = t
	return err
}

func (r *Rules) setPayKey(key string, v any) error {
	if key == "base" {
		if _, ok := v.(map[string]any); !ok {
			return setNumber(&r.PayPlan.Everyone, v)
		}
		return eachKey(v, func(key string, v any) error {
			switch key {
			case "everyone":
				return setNumber(&r.PayPlan.Everyone, v)
			case "groups":
				return setNumbers(&r.PayPlan.Groups, v)
			case "agents":
				return setNumbers(&r.PayPlan.Agents, v)
			default:
				return fmt.Errorf("unknown key %s", key)
			}
		})
	}
	t := PayTerm{Missing: "zero"}
	err := eachKey(v, func(key string, v any) error {
		if key == "missing" {
			t.Missing = fmt.Sprint(v)
			return nil
		}
		part, ok := map[string]**big.Rat{"weight": &t.Weight, "threshold": &t.Threshold, "floor": &t.Floor, "cap": &t.Cap}[key]
		if !ok {
			return fmt.Errorf("unknown key %s", key)
		}
		return setNumber(part, v)
	})
	r.PayPlan.Terms[key] = t
	return err
}

func setNumber(dst **big.Rat, v any) error {
	s := fmt.Sprint(v)
	if f, ok := v.(float64); ok {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return fmt.Errorf("%v is no number", v)
	}
	*dst = n
	return nil
}

func setNumbers(dst *map[string]*big.Rat, v any) error {
	*dst = map[string]*big.Rat{}
	return eachKey(v, func(key string, v any) error {
		var n *big.Rat
		err := setNumber(&n, v)
		(*dst)[key] = n
		return err
	})
}
