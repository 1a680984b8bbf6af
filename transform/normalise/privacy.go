package normalise

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Lengths of hashes in the lake, in bytes before hex.
const (
	buyerHashBytes = 16
	maskHashBytes  = 8
)

// Masks show at most so many runes at either end; longer ones stay unlinked.
const (
	maxMaskPrefix = 3
	maxMaskSuffix = 4
)

// Masks with suffixes of at most so many runes are remembered, at most so many.
const (
	knownSuffix = 2
	knownMasks  = 1 << 15
)

// maskHash is the key of a mask, in hex.
type maskHash [2 * maskHashBytes]byte

// hasher computes keyed hashes with one reused state. Each use starts its
// message with a word and a control character, which no id contains; buyers' ids
// stand for themselves.
type hasher struct {
	masks     map[string]maskHash // of short masks, which many buyers fit
	mac       hash.Hash
	digestKey [sha256.Size]byte // of the digests of rows
	plain     bool
	in        []byte
	sum       [sha256.Size]byte
	hex       [2 * sha256.Size]byte
}

func newHasher(p Privacy) *hasher {
	h := &hasher{mac: hmac.New(sha256.New, p.Secret), plain: p.Plain}
	h.in = append(h.in, "digest\x1f"...)
	h.digestKey = [sha256.Size]byte(h.digest())
	return h
}

// digest hashes h.in; the result is valid until the next call.
func (h *hasher) digest() []byte {
	h.mac.Reset()
	_, _ = h.mac.Write(h.in) // a hash never returns an error
	return h.mac.Sum(h.sum[:0])
}

// hexDigest hashes h.in to the hex of its first bytes, valid until the next call.
func (h *hasher) hexDigest(bytes int) []byte {
	return h.hex[:hex.Encode(h.hex[:], h.digest()[:bytes])]
}

func (h *hasher) buyer(id string) string {
	h.in = append(h.in[:0], id...)
	return string(h.hexDigest(buyerHashBytes))
}

// derived hashes an id that a preset composed, with its ordinal in the file.
func (h *hasher) derived(id string, ordinal uint32) string {
	h.in = append(append(h.in[:0], "derived\x1f"...), id...)
	h.in = binary.BigEndian.AppendUint32(append(h.in, 0x1f), ordinal)
	return string(h.hexDigest(sha256.Size))
}

// maskKey joins a mask, of p and s runes, with the buyers that it may stand for.
func (h *hasher) maskKey(p, s int, prefix, suffix string) []byte {
	h.in = append(h.in[:0], "mask\x1f"...)
	h.in = strconv.AppendInt(h.in, int64(p), 10)
	h.in = append(h.in, 0x1f)
	h.in = strconv.AppendInt(h.in, int64(s), 10)
	h.in = append(append(h.in, 0x1f), prefix...)
	h.in = append(append(h.in, 0x1f), suffix...)
	if s > knownSuffix {
		return h.hexDigest(maskHashBytes)
	}
	key, known := h.masks[string(h.in)]
	if !known {
		copy(key[:], h.hexDigest(maskHashBytes))
		if h.masks == nil || len(h.masks) >= knownMasks {
			h.masks = map[string]maskHash{}
		}
		h.masks[string(h.in)] = key
	}
	return h.hex[:copy(h.hex[:], key[:])]
}

// keyOfMask returns the join key of a masked id such as j****23, or "" for one
// that shows too much, nothing at its start, or stars in two places.
func (h *hasher) keyOfMask(id string) string {
	first, last := strings.IndexByte(id, '*'), strings.LastIndexByte(id, '*')
	if first < 0 || strings.Trim(id[first:last+1], "*") != "" {
		return ""
	}
	prefix, suffix := id[:first], id[last+1:]
	p, s := utf8.RuneCountInString(prefix), utf8.RuneCountInString(suffix)
	if p < 1 || p > maxMaskPrefix || s > maxMaskSuffix {
		return ""
	}
	return string(h.maskKey(p, s, prefix, suffix))
}

// keysOfBuyer returns the keys of all masks that a buyer's id fits, |-joined.
func (h *hasher) keysOfBuyer(id string) string {
	runes := utf8.RuneCountInString(id)
	out := make([]byte, 0, maxMaskPrefix*(maxMaskSuffix+1)*(2*maskHashBytes+1))
	start := 0 // of what follows the prefix
	for p := 1; p <= min(maxMaskPrefix, runes); p++ {
		_, size := utf8.DecodeRuneInString(id[start:])
		start += size
		end := len(id) // where the suffix begins
		for s := 0; s <= maxMaskSuffix && p+s <= runes; s++ {
			if s > 0 {
				_, size := utf8.DecodeLastRuneInString(id[:end])
				end -= size
			}
			if len(out) > 0 {
				out = append(out, '|')
			}
			out = append(out, h.maskKey(p, s, id[:start], id[end:])...)
		}
	}
	return string(out)
}
