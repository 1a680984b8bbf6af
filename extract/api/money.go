package api

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// FenOf reads yuan with at most two decimals, as a string or a JSON number, in
// fen; false where it is none.
func FenOf(yuan string) (int64, bool) {
	whole, cents, _ := strings.Cut(strings.TrimPrefix(yuan, "-"), ".")
	y, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(cents) > 2 {
		return 0, false
	}
	c, err := strconv.ParseInt((cents + "00")[:2], 10, 64)
	if err != nil {
		return 0, false
	}
	fen := y*100 + c
	if strings.HasPrefix(yuan, "-") {
		fen = -fen
	}
	return fen, true
}

// Prorate shares a total of fen by the weights, to the last fen: the largest
// remainders round up. Without any weight the first part has it all.
func Prorate(total int64, weights []int64) []int64 {
	out := make([]int64, len(weights))
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(w))
	}
	if len(out) == 0 {
		return out
	}
	if sum.Sign() <= 0 {
		out[0] = total
		return out
	}
	type rest struct {
		at   int
		left *big.Int
	}
	rests := make([]rest, len(weights))
	given := int64(0)
	for i, w := range weights {
		share, left := new(big.Int).DivMod(new(big.Int).Mul(big.NewInt(total), big.NewInt(w)), sum, new(big.Int))
		out[i], rests[i] = share.Int64(), rest{i, left}
		given += out[i]
	}
	slices.SortStableFunc(rests, func(a, b rest) int {
		return cmp.Or(b.left.Cmp(a.left), cmp.Compare(a.at, b.at))
	})
	for i := range total - given {
		out[rests[i].at]++
	}
	return out
}
