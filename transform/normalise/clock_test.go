package normalise

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestEveryTimeOfAYear reads times of a clock that jumps, in an order that meets
// hours again, and shows each as the clock would: of two such times the earlier.
func TestEveryTimeOfAYear(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z, random := newZone(loc), rand.New(rand.NewPCG(1, 2))
		left := 0
		for range 200_000 {
			wall := time.Date(2026, 1, 1, 0, 0, random.IntN(365*86400), 0, time.UTC).Format(time.DateTime)
			micros, why := z.parseInstant(wall)
			if why != "" {
				left++
				continue
			}
			at := time.UnixMicro(micros).In(loc)
			if got := at.Format(time.DateTime); got != wall {
				t.Fatalf("%s: %s was read as %s", name, wall, got)
			}
			for _, earlier := range []time.Duration{30 * time.Minute, time.Hour} {
				if at.Add(-earlier).Format(time.DateTime) == wall {
					t.Fatalf("%s: of two times %s the later was taken", name, wall)
				}
			}
		}
		jumps := name == "America/New_York" || name == "Australia/Lord_Howe"
		if (left > 0) != jumps || left > 200 {
			t.Errorf("%s: %d times were left out", name, left)
		}
	}
}

// TestTimesReadTheShortWay holds the short way of reading times against the long
// one: what it understands, it understands alike, whatever was read before.
func TestTimesReadTheShortWay(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		short, random := newZone(loc), rand.New(rand.NewPCG(3, 4))
		const odd = "0123456789-/: T+Z.x\x00"
		understood := 0
		for i := range 20_000 {
			text := strings.Repeat("\x00", 10) + " 10:00:00"
			if i > 0 {
				text = time.Date(1998+random.IntN(104), 1, 1, 0, 0, random.IntN(365*86400), 0, time.UTC).Format(time.DateTime)
			}
			spoilt := []byte(text)
			for range random.IntN(3) {
				spoilt[random.IntN(len(spoilt))] = odd[random.IntN(len(odd))]
			}
			for _, s := range []string{text, string(spoilt)} {
				got, ok := short.parsePlain(s)
				if !ok {
					continue
				}
				understood++
				if want, why := newZone(loc).parseAny(s); why != "" || got != want {
					t.Fatalf("%s: %q was read as %d, the long way as %d %s", name, s, got, want, why)
				}
			}
		}
		if understood < 20_000 {
			t.Errorf("%s: only %d times were read the short way", name, understood)
		}
	}
}
