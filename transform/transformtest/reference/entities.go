package reference

import (
	"strings"

	"kefu/transform/transformtest/world"
)

// shopEntity stands for the shop among the entities; an agent is its id.
const shopEntity = ""

// groupMark starts the entity of a group, so that it is no agent's id.
const groupMark = "group "

// entityDay names a day row: an agent's, a group's or the shop's.
type entityDay struct {
	entity string
	dt     world.Date
}

// groupOf returns the entity of the agent's group on the day; agents without one
// are a group, too.
func (c *calc) groupOf(agent string, d world.Date) string {
	if row := c.w.AgentRow(agent, d); row != nil {
		return groupMark + row.Group
	}
	return groupMark
}

func isGroup(entity string) bool { return strings.HasPrefix(entity, groupMark) }

func isPooled(entity string) bool { return entity == shopEntity || isGroup(entity) }

// entities names whom an agent's work of a day counts for: himself, his group on
// that day and the shop; work of nobody known counts for the shop alone.
func (c *calc) entities(agent string, d world.Date) []string {
	if agent == "" {
		return []string{shopEntity}
	}
	return []string{agent, c.groupOf(agent, d), shopEntity}
}

// owners returns the day's tallies of these.
func (c *calc) owners(agent string, d world.Date) []*tally {
	var out []*tally
	for _, entity := range c.entities(agent, d) {
		out = append(out, c.day(entity, d))
	}
	return out
}

// tableOf names the table of an entity's rows of a period.
func tableOf(entity, period string) string {
	switch {
	case entity == shopEntity:
		return "kpi_shop_" + period
	case isGroup(entity):
		return "kpi_group_" + period
	default:
		return "kpi_agent_" + period
	}
}

// kpiRow starts a row of a KPI table.
func (c *calc) kpiRow(entity string, d world.Date) Row {
	r := c.row()
	r["dt"] = d
	switch {
	case isGroup(entity):
		r["agent_group"] = strings.TrimPrefix(entity, groupMark)
	case entity != shopEntity:
		r["agent_id"] = entity
	}
	return r
}
