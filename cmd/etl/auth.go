package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/pull"
	"kefu/cmd/etl/internal/terminal"

	"github.com/spf13/cobra"
)

func (a *app) authCommand() *cobra.Command {
	var source, redirect, code string
	cmd := &cobra.Command{
		Use:   "auth PLATFORM",
		Short: "Authorise a shop with its platform and keep the session",
		Long: `auth walks the platform's OAuth for one source: it prints the page on which the
merchant consents, reads the address or code that the platform answers with, and
keeps the session in the source's file, readable by its owner only. Runs renew it
by themselves as long as the platform allows.`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: pull.Types(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.auth(cmd.Context(), args[0], source, redirect, code)
		},
	}
	cmd.Flags().StringVar(&source, "source", "", "`NAME` of the source (default: the only one of the platform)")
	cmd.Flags().StringVar(&redirect, "redirect", "http://127.0.0.1/", "`ADDRESS` registered with the application")
	cmd.Flags().StringVar(&code, "code", "", "`CODE` that the platform answered with, instead of asking for it")
	return cmd
}

func (a *app) auth(ctx context.Context, platform, source, redirect, code string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	s, err := apiSource(cfg, platform, source)
	if err != nil {
		return err
	}
	access, err := a.accessOf(cfg, s, nil)
	if err != nil {
		return err
	}
	if access.SessionFile == "" {
		return usagef("source %s takes its session from the environment; give it session: {file: …} to keep one", s.Name)
	}
	authoriser, err := access.Authoriser()
	if err != nil {
		return err
	}
	if code == "" {
		state := rand.Text()
		if code, err = a.askForCode(authoriser.AuthorizeURL(redirect, state), state); err != nil {
			return err
		}
	}
	session, err := authoriser.Exchange(ctx, code, redirect)
	if err != nil {
		return fmt.Errorf("authorise source %s: %w", s.Name, err)
	}
	if err := access.Store().Save(ctx, session); err != nil {
		return err
	}
	until := ""
	if !session.ExpiresAt.IsZero() {
		until = ", good until " + session.ExpiresAt.Local().Format("2006-01-02 15:04")
	}
	a.terminal().Printf("✓ source %s is authorised%s; the session is in %s\n", s.Name, until, access.SessionFile)
	return nil
}

// askForCode shows the page and reads the code, or the address that holds it. An
// address that answers another request, or tells of a refusal, is no answer.
func (a *app) askForCode(page, state string) (string, error) {
	a.terminal().Printf("Open this page, consent, and paste the address that it leads to (or the code in it):\n\n  %s\n\n", page)
	line, err := bufio.NewReader(a.in).ReadString('\n')
	text := strings.TrimSpace(line)
	if text == "" {
		return "", errors.Join(usagef("no code was given"), err)
	}
	u, err := url.Parse(text)
	if err != nil || !strings.Contains(text, "?") {
		return text, nil //nolint:nilerr // the code by itself
	}
	q := u.Query()
	switch {
	case q.Get("state") != "" && q.Get("state") != state:
		return "", usagef("that address answers another request, not this one: open the page above and paste the address that it leads to")
	case q.Get("code") != "":
		return q.Get("code"), nil
	case q.Get("error") != "":
		return "", fmt.Errorf("the platform gives no code: %s", terminal.Clean(cmp.Or(q.Get("error_description"), q.Get("error"))))
	default:
		return "", usagef("that address holds no code: paste the one that the page leads to after you have consented")
	}
}

// apiSource finds the source of a platform's API.
func apiSource(cfg *config.Config, platform, name string) (*config.Source, error) {
	if !slices.Contains(pull.Types(), platform) {
		return nil, usagef("no platform is called %s (%s)", platform, strings.Join(pull.Types(), ", "))
	}
	var found []*config.Source
	for i := range cfg.Sources {
		if s := &cfg.Sources[i]; s.Type == platform && (name == "" || s.Name == name) {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && name != "":
		return nil, usagef("no source %s pulls from %s", name, platform)
	case len(found) == 0:
		return nil, usagef("no source pulls from %s", platform)
	default:
		return nil, usagef("%d sources pull from %s; choose one with --source", len(found), platform)
	}
}
