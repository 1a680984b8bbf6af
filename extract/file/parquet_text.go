package file

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract/preset"
)

// spell gives the text of one value that is not null; ok is false for bytes
// that are no text.
type spell func(i int) (text string, kind preset.Kind, ok bool)

// Spellings of times that typing reads. A time with a zone is an instant; one
// without is the wall clock's.
const (
	wallNanos    = "2006-01-02 15:04:05.999999999"
	instantNanos = "2006-01-02T15:04:05.999999999Z"
)

// cellText returns how values of an array are spelt: as the same value would
// stand in a text file, nothing of it lost.
func cellText(a arrow.Array) spell {
	switch a := a.(type) {
	case *array.String:
		return func(i int) (string, preset.Kind, bool) { v := a.Value(i); return v, preset.Text, utf8.ValidString(v) }
	case *array.LargeString:
		return func(i int) (string, preset.Kind, bool) { v := a.Value(i); return v, preset.Text, utf8.ValidString(v) }
	case *array.Binary:
		return func(i int) (string, preset.Kind, bool) { return bytesText(a.Value(i)) }
	case *array.LargeBinary:
		return func(i int) (string, preset.Kind, bool) { return bytesText(a.Value(i)) }
	case *array.FixedSizeBinary:
		return func(i int) (string, preset.Kind, bool) { return bytesText(a.Value(i)) }
	case *array.Float32:
		return func(i int) (string, preset.Kind, bool) { return floatText(float64(a.Value(i)), 32) }
	case *array.Float64:
		return func(i int) (string, preset.Kind, bool) { return floatText(a.Value(i), 64) }
	case *array.Float16:
		return func(i int) (string, preset.Kind, bool) { return floatText(float64(a.Value(i).Float32()), 32) }
	case *array.Boolean:
		return plain(func(i int) string { return strconv.FormatBool(a.Value(i)) })
	case *array.Timestamp:
		return plain(timestampText(a))
	case *array.Date32:
		return plain(func(i int) string { return a.Value(i).ToTime().Format(time.DateOnly) })
	case *array.Date64:
		return plain(func(i int) string { return a.Value(i).ToTime().Format(time.DateOnly) })
	case *array.Time32:
		unit := a.DataType().(*arrow.Time32Type).Unit
		return plain(func(i int) string { return a.Value(i).ToTime(unit).Format("15:04:05.999999999") })
	case *array.Time64:
		unit := a.DataType().(*arrow.Time64Type).Unit
		return plain(func(i int) string { return a.Value(i).ToTime(unit).Format("15:04:05.999999999") })
	case *array.Decimal128:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		return plain(func(i int) string { return a.Value(i).ToString(scale) })
	case *array.Decimal256:
		scale := a.DataType().(arrow.DecimalType).GetScale()
		return plain(func(i int) string { return a.Value(i).ToString(scale) })
	case *array.Dictionary:
		values := cellText(a.Dictionary())
		return func(i int) (string, preset.Kind, bool) { return values(a.GetValueIndex(i)) }
	case array.ListLike:
		return listText(a)
	case array.ExtensionArray:
		if a.DataType().(arrow.ExtensionType).ExtensionName() == "arrow.uuid" {
			return plain(a.ValueStr)
		}
		return cellText(a.Storage())
	default:
		return plain(a.ValueStr) // whole numbers
	}
}

func plain(text func(i int) string) spell {
	return func(i int) (string, preset.Kind, bool) { return text(i), preset.Text, true }
}

func bytesText(b []byte) (string, preset.Kind, bool) {
	return string(b), preset.Text, utf8.Valid(b)
}

// floatText spells a number in plain digits. A whole one of more digits than
// floating point keeps may have lost some; what is not a number is missing.
func floatText(v float64, bits int) (string, preset.Kind, bool) {
	switch {
	case math.IsNaN(v):
		return "", preset.Text, true
	case math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'f', -1, bits), preset.Text, true
	case math.Abs(v) >= 1e15, bits == 32 && math.Abs(v) >= 1<<24:
		return strconv.FormatFloat(v, 'f', -1, bits), preset.Lossy, true
	}
	if bits == 64 { // digits behind the fifteenth are what counting left, as in a workbook
		if short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 14, 64), 64); err == nil {
			v = short
		}
	}
	return strconv.FormatFloat(v, 'f', -1, bits), preset.Text, true
}

func timestampText(a *array.Timestamp) func(int) string {
	t := a.DataType().(*arrow.TimestampType)
	layout := wallNanos
	if t.TimeZone != "" {
		layout = instantNanos
	}
	return func(i int) string { return a.Value(i).ToTime(t.Unit).UTC().Format(layout) }
}

// listText spells a list as a JSON array of texts.
func listText(a array.ListLike) spell {
	values, of := cellText(a.ListValues()), a.ListValues()
	return func(i int) (string, preset.Kind, bool) {
		from, to := a.ValueOffsets(i)
		all, whole := make([]*string, 0, to-from), true
		for k := from; k < to; k++ {
			if !of.IsValid(int(k)) {
				all = append(all, nil)
				continue
			}
			v, kind, ok := values(int(k))
			whole = whole && ok && kind != preset.Lossy
			all = append(all, &v)
		}
		text, err := json.Marshal(all)
		return string(text), preset.Text, whole && err == nil
	}
}
