package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// hostName names this machine. On a shared state processes are told apart by it,
// so it then ends in what tells machines, containers and boots of one name
// apart.
func hostName(shared bool) (string, error) {
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("read host name: %w", err)
	}
	if !shared {
		return name, nil
	}
	if machine := machineMark(); machine != "" {
		return name + "@" + machine, nil
	}
	return name, nil
}

// machineMark tells machines, their boots and their containers apart; "" where
// the system does not.
func machineMark() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	processes, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(string(boot)) + processes))
	return hex.EncodeToString(sum[:4])
}

// shownHost is the host as people know it.
func shownHost(host string) string {
	name, _, _ := strings.Cut(host, "@")
	return name
}

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
