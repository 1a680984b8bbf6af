package normalise

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/dchest/siphash"
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

// hasher computes keyed hashes: HMAC-SHA256, spelled as the two hashes that it
// is, since the messages are so short that keeping and restoring the state of one
// takes longer than hashing. Each use starts its message with a word and a control
// character, which no id contains; buyers' ids stand for themselves. Where 64 bits
// are kept it is SipHash under keys made in that way, for each use its own.
type hasher struct {
	digests sipKey // of rows
	masks   sipKey
	plain   bool
	in      []byte // the inner key, then the message
	outer   [sha256.BlockSize + sha256.Size]byte
	sum     [sha256.Size]byte
	hex     [2 * sha256.Size]byte
}

// sipKey is a key of SipHash.
type sipKey [2]uint64

func (k sipKey) hash(b []byte) uint64 { return siphash.Hash(k[0], k[1], b) }

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
	h.digests, h.masks = h.sipKey("digest\x1f"), h.sipKey("mask\x1f")
	return h
}

// sipKey makes the key of a use.
func (h *hasher) sipKey(use string) sipKey {
	h.in = append(h.message(), use...)
	sum := h.digest()
	return sipKey{binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])}
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

// maskKey joins a mask with the buyers that it may stand for.
func (h *hasher) maskKey(prefix, suffix string) []byte {
	mask := append(append(append(h.message(), prefix...), 0x1f), suffix...)
	binary.BigEndian.PutUint64(h.sum[:maskHashBytes], h.masks.hash(mask[sha256.BlockSize:]))
	return h.hex[:hex.Encode(h.hex[:], h.sum[:maskHashBytes])]
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
	return string(h.maskKey(prefix, suffix))
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
			out = append(out, h.maskKey(id[:start], id[end:])...)
		}
	}
	return string(out)
}
