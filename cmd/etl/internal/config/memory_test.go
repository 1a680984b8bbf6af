package config

import (
	"testing"
	"testing/fstest"
)

// The engine gets a quarter of the memory that the process may use, whether the
// machine or a control group above it bounds that, and never less than 2 GB.
func TestDefaultMemory(t *testing.T) {
	const meminfo = "MemTotal:       25000000 kB\nMemFree:        10 kB\n" // 25.6e9 bytes
	for _, c := range []struct {
		what  string
		files map[string]string
		want  Size
	}{
		{"a machine", map[string]string{"proc/meminfo": meminfo}, 6.4e9},
		{"a small machine", map[string]string{"proc/meminfo": "MemTotal: 4000000 kB\n"}, 2e9},
		{"a system that does not tell", nil, 2e9},
		{"a container", map[string]string{"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": "12884901888\n"}, 3.2e9},
		{"a container without a limit", map[string]string{"proc/meminfo": meminfo, "sys/fs/cgroup/memory.max": "max\n"}, 6.4e9},
		{"a unit in a limited slice", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/system.slice/etl.service\n",
			"sys/fs/cgroup/system.slice/etl.service/memory.max": "max\n", "sys/fs/cgroup/system.slice/memory.max": "16000000000\n"}, 4e9},
		{"an older system", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "9:cpu:/a\n4:memory:/docker/b\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes": "10000000000\n"}, 2.5e9},
	} {
		root := fstest.MapFS{}
		for name, text := range c.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := defaultMemory(availableMemory(root)); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
