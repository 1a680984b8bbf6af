package config

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// leastMemory is what the engine may use by default on small machines, and
// where the system does not tell how much there is.
const leastMemory Size = 2e9

// defaultMemory is what the engine may use unless the configuration says
// otherwise: a quarter of what there is, in whole hundreds of megabytes. Rows of
// a large shop then need not spill, and three quarters are left to others.
func defaultMemory(available int64) Size {
	const step = 100e6
	return max(leastMemory, Size(available/4/step*step))
}

// availableMemory is the memory of the machine, or what this process is limited
// to, in bytes; 0 where the system does not tell. root is the file system's.
func availableMemory(root fs.FS) int64 {
	available := machineMemory(root)
	for _, name := range limitFiles(root) {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			continue
		}
		// Without a limit there is the word "max", or a number beyond any machine's.
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 && n < available {
			available = n
		}
	}
	return available
}

func machineMemory(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "MemTotal:" && fields[2] == "kB" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}

// limitFiles are where limits of this process's control group, and of those
// that it is in, may stand.
func limitFiles(root fs.FS) []string {
	files := []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return files
	}
	for line := range strings.Lines(string(groups)) {
		number, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		kinds, group, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		for group = path.Clean("/" + group); group != "/"; group = path.Dir(group) {
			switch {
			case number == "0" && kinds == "":
				files = append(files, "sys/fs/cgroup"+group+"/memory.max")
			case kinds == "memory":
				files = append(files, "sys/fs/cgroup/memory"+group+"/memory.limit_in_bytes")
			}
		}
	}
	return files
}

// system is the machine's file system.
func system() fs.FS { return os.DirFS("/") }
