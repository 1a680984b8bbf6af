package normalise

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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

// hasher computes keyed hashes: HMAC-SHA256, spelled as the two hashes that it
// is, since the messages are so short that keeping and restoring the state of one
// takes longer than hashing. Each use starts its message with a word and a control
// character, which no id contains; buyers' ids stand for themselves.
type hasher struct {
	masks     map[string]maskHash // of short masks, which many buyers fit
	digestKey [2]uint64           // of the digests of rows
	plain     bool
	in        []byte // the inner key, then the message
	outer     [sha256.BlockSize + sha256.Size]byte
	sum       [sha256.Size]byte
	hex       [2 * sha256.Size]byte
}

func newHasher(p Privacy) *hasher {
	h := &hasher{plain: p.Plain, in: make([]byte, sha256.BlockSize, 4*sha256.BlockSize)}
	key := p.Secret
	if len(key) > sha256.BlockSize {
		short := sha256.Sum256(key)
		key = short[:]
	}
	copy(h.in, key)
	copy(h.outer[:], key)
	for i := range sha256.BlockSize {
		h.in[i] ^= 0x36
		h.outer[i] ^= 0x5c
	}
	h.in = append(h.message(), "digest\x1f"...)
	key = h.digest()
	h.digestKey = [2]uint64{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}
	return h
}

// message is where a message begins, to append it to.
func (h *hasher) message() []byte { return h.in[:sha256.BlockSize] }

// digest hashes the message in h.in; the result is valid until the next call.
func (h *hasher) digest() []byte {
	inner := sha256.Sum256(h.in)
	copy(h.outer[sha256.BlockSize:], inner[:])
	h.sum = sha256.Sum256(h.outer[:])
	return h.sum[:]
}

// hexDigest hashes the message in h.in to the hex of its first bytes, valid until the next call.
func (h *hasher) hexDigest(bytes int) []byte {
	return h.hex[:hex.Encode(h.hex[:], h.digest()[:bytes])]
}

func (h *hasher) buyer(id string) string {
	h.in = append(h.message(), id...)
	return string(h.hexDigest(buyerHashBytes))
}

// derived hashes an id that a preset composed, with its ordinal in the file.
func (h *hasher) derived(id string, ordinal uint32) string {
	h.in = append(append(h.message(), "derived\x1f"...), id...)
	h.in = binary.BigEndian.AppendUint32(append(h.in, 0x1f), ordinal)
	return string(h.hexDigest(sha256.Size))
}

// maskKey joins a mask, of p and s runes, with the buyers that it may stand for.
func (h *hasher) maskKey(p, s int, prefix, suffix string) []byte {
	h.in = append(h.message(), "mask\x1f"...)
	h.in = strconv.AppendInt(h.in, int64(p), 10)
	h.in = append(h.in, 0x1f)
	h.in = strconv.AppendInt(h.in, int64(s), 10)
	h.in = append(append(h.in, 0x1f), prefix...)
	h.in = append(append(h.in, 0x1f), suffix...)
	if s > knownSuffix {
		return h.hexDigest(maskHashBytes)
	}
	mask := h.in[sha256.BlockSize:]
	key, known := h.masks[string(mask)]
	if !known {
		copy(key[:], h.hexDigest(maskHashBytes))
		if h.masks == nil || len(h.masks) >= knownMasks {
			h.masks = map[string]maskHash{}
		}
		h.masks[string(mask)] = key
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
