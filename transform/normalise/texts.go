package normalise

import "time"

// TextRules gives the rules on texts that are in force for a shop on a business
// day (midnight UTC of its date), nil where none is. It is asked often and
// should remember.
type TextRules interface {
	At(platform, shop string, date time.Time) TextJudge
}

// TextJudge says what the rules of a day make of a text.
type TextJudge interface {
	// IsAutoReply tells whether an agent's text is automatic.
	IsAutoReply(text string) bool
	// HasWatchword tells whether a text contains the word that marks a chat as none.
	HasWatchword(text string) bool
	// IsRecommendation tells whether an agent's text bears the mark of one.
	IsRecommendation(text string) bool
	// Topic names what a buyer's text is about, "" = nothing known.
	Topic(text string) string
}
