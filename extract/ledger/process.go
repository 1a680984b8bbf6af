package ledger

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// processMark tells a process from any other that has or had its pid: boot id
// and start time where the system tells them, else "".
func processMark(pid int) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	fields, err := processStat(pid)
	if err != nil || len(fields) < 20 {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19]
}

// processStat returns the fields of /proc/PID/stat from the state on.
func processStat(pid int) ([]string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil, fmt.Errorf("read process state: %w", err)
	}
	// The command's name stands in parentheses and may hold any character.
	text := string(stat)
	return strings.Fields(text[strings.LastIndexByte(text, ')')+1:]), nil
}

// alive tells whether the process of this host with that mark still runs.
func alive(pid int, mark string) bool {
	if mark != "" {
		if processMark(pid) != mark {
			return false
		}
		fields, err := processStat(pid)
		return err == nil && len(fields) > 0 && fields[0] != "Z" && fields[0] != "X"
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, syscall.EPERM)
}
