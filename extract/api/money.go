package api

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// FenOf reads yuan with at most two decimals, as a string or a JSON number, in
// fen; false where it is none. A number that a platform computed in floating
// point (12.300000000000001) is the fen that it is next to.
func FenOf(yuan string) (int64, bool) {
	if len(yuan) > 40 || strings.Trim(yuan, "-.0123456789") != "" { // big.Rat reads more than decimals
		return 0, false
	}
	exact, ok := new(big.Rat).SetString(yuan)
	if !ok {
		return 0, false
	}
	exact.Mul(exact, big.NewRat(100, 1))
	text := exact.FloatString(0)
	fen, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false
	}
	off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(fen))
	return fen, off.Abs(off).Cmp(big.NewRat(1, 1_000_000)) < 0
}

// Yuan writes an amount that stands in yuan with two decimals. What is missing
// stays so; what is no amount stays as it is, for normalisation to judge.
func Yuan(text string) string {
	if fen, ok := FenOf(text); ok {
		return Fen(strconv.FormatInt(fen, 10))
	}
	return text
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
