package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/netwright/netwright/guard/htpasswd"
)

func passwdCommand() *cobra.Command {
	var bcrypt bool
	cmd := &cobra.Command{
		Use:        "passwd FILE USER",
		SuggestFor: []string{"htpasswd", "password"},
		Short:      "Set a user's password in a file for basic guards",
		Long: `Asks for a password twice, without showing it, and puts its hash (argon2id) into
the file, which is made where it is not there. Lines of other users stay as they
are. Where standard input is not a terminal, its first line is the password.
A node that runs takes up the change by itself.`,
		Example: `  netwright passwd users.htpasswd ada
  pass show web/ada | netwright passwd users.htpasswd ada
  netwright passwd --bcrypt users.htpasswd ada     # for nginx or Apache too`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, user := args[0], args[1]
			if err := htpasswd.CheckUser(user); err != nil {
				return &usageError{err}
			}
			password, err := readPassword(cmd, "New password for "+user+": ", true)
			if err != nil {
				return err
			}
			hash := htpasswd.Argon2id
			if bcrypt {
				hash = htpasswd.Bcrypt
			}
			h, err := hash(password)
			if err != nil {
				return err
			}
			replaced, err := htpasswd.Set(file, user, h)
			if err != nil {
				return err
			}
			did := "added to"
			if replaced {
				did = "changed in"
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s is %s %s (%s)\n", user, did, file, h.Scheme())
			return nil
		},
	}
	cmd.Flags().BoolVar(&bcrypt, "bcrypt", false, "hash with bcrypt instead of argon2id")
	return cmd
}

const maxPassword = 1024

// readPassword asks for a password on a terminal, without showing it and twice
// where it is new; elsewhere it reads the first line of standard input.
func readPassword(cmd *cobra.Command, prompt string, fresh bool) (string, error) {
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return readPasswordLine(cmd.InOrStdin())
	}
	ask := func(prompt string) (string, error) {
		fmt.Fprint(cmd.ErrOrStderr(), prompt)
		defer fmt.Fprintln(cmd.ErrOrStderr())
		return readHidden(cmd.Context(), int(in.Fd()))
	}
	password, err := ask(prompt)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	if fresh {
		again, err := ask("Once more: ")
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		if again != password {
			return "", errors.New("the two passwords differ; nothing was changed")
		}
	}
	return password, checkPassword(password)
}

// readHidden reads a line that the terminal does not show. When ctx is done it
// makes the terminal show again what is typed and gives up; the read itself
// cannot be ended, and goes with the process.
func readHidden(ctx context.Context, fd int) (string, error) {
	state, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return string(l.text), l.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("interrupted"), term.Restore(fd, state))
	}
}

func readPasswordLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxPassword+2)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	return password, checkPassword(password)
}

// checkPassword refuses what no client could send.
func checkPassword(p string) error {
	switch {
	case p == "":
		return errors.New("the password is empty")
	case len(p) > maxPassword:
		return fmt.Errorf("the password is longer than %d bytes", maxPassword)
	case strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("the password holds a control character, which browsers cannot send")
	}
	return nil
}
