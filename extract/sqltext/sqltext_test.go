package sqltext

import "testing"

func TestQuotesWithinStayWithin(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Literal(""), "''"},
		{Literal("it's"), "'it''s'"},
		{Literal(`"小美"\`), `'"小美"\'`},
		{Ident("paid_at"), `"paid_at"`},
		{Ident(`a"b's`), `"a""b's"`},
	} {
		if c.got != c.want {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
}
