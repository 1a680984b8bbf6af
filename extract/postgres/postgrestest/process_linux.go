package postgrestest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// immediate is the signal on which a server ends at once, without a checkpoint.
const immediate = syscall.SIGQUIT

// account is who runs the server: nil for this user, another one for root,
// whom PostgreSQL refuses.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and this machine has no user postgres or nobody: run the tests as another user")
}

// giveAway makes the folder, and what is in it, the server's.
func giveAway(folder string) error {
	who, err := account()
	if err != nil || who == nil {
		return err
	}
	for _, path := range []string{folder, folder + "/password"} {
		if err := os.Chown(path, int(who.Uid), int(who.Gid)); err != nil {
			return fmt.Errorf("give the folder to the server: %w", err)
		}
	}
	return nil
}

// unprivileged lets the program run as the server's user and end with this one.
func unprivileged(cmd *exec.Cmd) {
	who, err := account()
	if err != nil {
		return // giveAway has said so
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Pdeathsig: immediate}
}
