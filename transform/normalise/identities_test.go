package normalise

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestEverybodyIsWhoHeIs asks for many more accounts than are remembered, again and
// again: forgotten or not, each is who it is.
func TestEverybodyIsWhoHeIs(t *testing.T) {
	h := newHasher(Privacy{Secret: []byte("secret")})
	for name, of := range map[string]func(*hasher, string) identity{"buyers": buyerIdentity, "accounts": agentIdentity} {
		known, random := newIdentities(h, of), rand.New(rand.NewPCG(5, 6))
		for i := range 5 * identityGeneration {
			n := random.IntN(3 * identityGeneration)
			if i%2 == 0 {
				n %= 100
			}
			raw := fmt.Sprintf(" %d%s", n, []string{"", "*", "\n"}[n%3])
			got, want := known.get(raw), of(h, raw)
			if got.raw != raw || got.id != want.id || got.stored != want.stored || got.hashed != want.hashed || got.masked != want.masked || got.why != want.why {
				t.Fatalf("%s: %q is %+v, want %+v", name, raw, *got, want)
			}
		}
	}
}

// TestWhoSharesAHash holds those apart whose ids have the same hash.
func TestWhoSharesAHash(t *testing.T) {
	var g generation
	const same = 3
	who := make([]*identity, 200)
	for i := range who {
		who[i] = &identity{raw: fmt.Sprint(i)}
		if got := g.find(same, who[i].raw); got != nil {
			t.Fatalf("%d is there as %s", i, got.raw)
		}
		g.add(metIdentity{same, who[i]})
	}
	for i := range who {
		if got := g.find(same, who[i].raw); got != who[i] {
			t.Fatalf("%d is %v", i, got)
		}
	}
	if g.forget(); g.find(same, "7") != nil {
		t.Error("it is not forgotten")
	}
}
