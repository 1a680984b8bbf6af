package file

import (
	"fmt"
	"io/fs"
	"syscall"
	"time"
)

// sighting is what the file system tells of a file beside its name: which file
// it is, how long, and when it was last written or otherwise changed, which no
// program can set back. It is empty where the file was changed less than settled
// before now: it may change again without a later time being shown.
func sighting(info fs.FileInfo, now time.Time) string {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	changed := time.Unix(s.Ctim.Unix())
	if now.Sub(changed) < settled || now.Sub(info.ModTime()) < settled {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d.%d.%d", s.Dev, s.Ino, s.Size, info.ModTime().UnixNano(), changed.UnixNano())
}
