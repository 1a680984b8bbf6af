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

// owners returns the day's tallies of an agent, of his group on that day and of
// the shop.
func (c *calc) owners(agent string, d world.Date) []*tally {
	return []*tally{c.day(agent, d), c.day(c.groupOf(agent, d), d), c.day(shopEntity, d)}
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
