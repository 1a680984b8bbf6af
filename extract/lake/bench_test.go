package lake

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// manyFiles writes n one-row files, one a day.
func manyFiles(w *world, spec Spec, n int) []File {
	files := make([]File, n)
	for i := range files {
		day := time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		files[i] = w.write(spec, day, order(day, i))
	}
	return files
}

func BenchmarkCommit400Files(b *testing.B) {
	w := newWorld(b)
	w.ctx = context.Background()
	files := manyFiles(w, w.ensure(ordersSpec()), 400)
	b.ResetTimer()
	for range b.N {
		w.commit("orders", files...)
		b.StopTimer()
		w.commit("orders")
		b.StartTimer()
	}
}

func BenchmarkReplace5Of400Files(b *testing.B) {
	w := newWorld(b)
	w.ctx = context.Background()
	spec := w.ensure(ordersSpec())
	files := manyFiles(w, spec, 400)
	other := manyFiles(w, spec, 5)
	w.commit("orders", files...)
	b.ResetTimer()
	for i := range b.N {
		if i%2 == 0 {
			w.commit("orders", append(append([]File{}, files[5:]...), other...)...)
		} else {
			w.commit("orders", files...)
		}
	}
}

func BenchmarkListFilesOf400(b *testing.B) {
	w := newWorld(b)
	w.ctx = context.Background()
	w.commit("orders", manyFiles(w, w.ensure(ordersSpec()), 400)...)
	b.ResetTimer()
	for range b.N {
		w.forget("orders")
		w.files("orders", 0)
	}
}

// BenchmarkNights replaces the last three days night by night: what a commit
// costs must not grow with the nights before it.
func BenchmarkNights(b *testing.B) {
	for _, nights := range []int{10, 100} {
		b.Run(fmt.Sprint(nights), func(b *testing.B) {
			w := newWorld(b)
			w.ctx = context.Background()
			spec := w.ensure(ordersSpec())
			files := manyFiles(w, spec, 100)
			for range b.N {
				for range nights {
					copy(files[97:], manyFiles(w, spec, 3))
					w.commit("orders", files...)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(nights*b.N), "ms/night")
		})
	}
}
