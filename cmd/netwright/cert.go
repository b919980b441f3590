package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
)

func certCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Make, inspect and trust certificates",
		Example: `  netwright cert inspect tls://example.com:443     what a server shows, and what is wrong with it
  netwright cert inspect site.pem                  the same for a file
  netwright cert issue shop.test 127.0.0.1         shop.test.pem and shop.test.key, from Netwright's own authority
  netwright cert ca > ca.pem                       the authority's certificate, for those who shall trust it
  sudo netwright cert trust --data ./state         make this machine trust it`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(certAuthorityCommand(), certIssueCommand(), certInspectCommand(), certTrustCommand())
	return cmd
}

// authorityFlags say which authority a command works with.
type authorityFlags struct{ data, config string }

func (f *authorityFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.data, "data", "", "data `FOLDER` that holds the authority (default: that of the config)")
	cmd.Flags().StringVar(&f.config, "config", config.DefaultFile, "the config `FILE` whose data folder is meant; where there is none, that of the quickstart")
	cmd.MarkFlagsMutuallyExclusive("data", "config")
}

// folder is where the authority is, or will be.
func (f *authorityFlags) folder() (string, error) {
	if f.data != "" {
		return cert.AuthorityDir(f.data), nil
	}
	data, err := "", error(nil)
	cfg, loadErr := config.Load(f.config)
	switch {
	case loadErr == nil:
		data, err = cfg.DataFolder()
	case errors.Is(loadErr, fs.ErrNotExist) && f.config == config.DefaultFile:
		data, err = config.DefaultDataFolder("")
	default:
		return "", fmt.Errorf("%w\n(name the data folder with --data to do without the config)", loadErr)
	}
	if err != nil {
		return "", err
	}
	return cert.AuthorityDir(data), nil
}

// open gives the authority, made now if it is not there yet.
func (f *authorityFlags) open() (*cert.Authority, error) {
	folder, err := f.folder()
	if err != nil {
		return nil, err
	}
	return cert.OpenAuthority(folder)
}

func certAuthorityCommand() *cobra.Command {
	var flags authorityFlags
	var permit []string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Show Netwright's own authority, and make it if there is none",
		Long: `Prints the certificate of Netwright's own authority in PEM form, with its
fingerprint and what it may sign on standard error. It is made on first use and
may sign names and networks that are private to a site; whatever else a
certificate is issued for is added to that.`,
		Example: `  netwright cert ca                            show it
  netwright cert ca > ca.pem                   hand it to those who shall trust it
  netwright cert ca --permit example.com       let it sign names under example.com before any is needed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			authority, err := flags.open()
			if err != nil {
				return err
			}
			if len(permit) > 0 {
				if _, err := authority.Permit(permit); err != nil {
					return err
				}
			}
			return printAuthority(cmd.OutOrStdout(), cmd.ErrOrStderr(), authority, asJSON)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringSliceVar(&permit, "permit", nil, "names and addresses that it may sign from now on")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all of it as JSON")
	return cmd
}

func printAuthority(out, notes io.Writer, a *cert.Authority, asJSON bool) error {
	c := a.Certificate()
	var networks []string
	for _, n := range c.PermittedIPRanges {
		networks = append(networks, n.String())
	}
	if asJSON {
		return printJSON(out, map[string]any{
			"file": a.File(), "subject": c.Subject.CommonName, "fingerprint": cert.Fingerprint(c),
			"not_before": c.NotBefore.UTC(), "not_after": c.NotAfter.UTC(),
			"permitted_names": c.PermittedDNSDomains, "permitted_networks": networks, "pem": string(a.PEM()),
		})
	}
	fmt.Fprintf(notes, "%s, until %s\nSHA-256 %s\nfile    %s\nsigns   %s\n        %s\n",
		c.Subject.CommonName, c.NotAfter.UTC().Format(time.DateOnly), cert.Fingerprint(c), a.File(),
		strings.Join(c.PermittedDNSDomains, " "), strings.Join(networks, " "))
	_, err := out.Write(a.PEM())
	return err
}

func certIssueCommand() *cobra.Command {
	var flags authorityFlags
	var request cert.Request
	var days int
	var output string
	var force bool
	cmd := &cobra.Command{
		Use:   "issue NAME...",
		Short: "Issue a certificate from Netwright's own authority",
		Long: `Makes a key and a certificate for host names, wildcards such as "*.site.test"
and IP addresses, and writes them to NAME.pem and NAME.key. Who shall accept it
must trust the authority: see "netwright cert ca" and "netwright cert trust".
A running Netwright needs no such files: internal: in its config issues and
renews by itself.`,
		Example: `  netwright cert issue shop.test                       shop.test.pem and shop.test.key
  netwright cert issue "*.site.test" 10.0.0.5 -o site   site.pem and site.key
  netwright cert issue --client sensor-7               for a client that shows who it is
  netwright cert issue shop.test -o -                  both on standard output`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			request.Names = args
			request.Lifetime = time.Duration(days) * 24 * time.Hour
			if output == "" {
				output = strings.NewReplacer("*", "_", string(filepath.Separator), "_").Replace(args[0])
			}
			authority, err := flags.open()
			if err != nil {
				return err
			}
			return issueTo(cmd.OutOrStdout(), authority, request, output, force)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to `BASE`.pem and BASE.key; - for standard output (default: the first name)")
	cmd.Flags().IntVar(&days, "days", 30, "how many `DAYS` it lives")
	cmd.Flags().BoolVar(&request.Client, "client", false, "for a client that proves who it is, not for a server")
	cmd.Flags().BoolVar(&request.RSA, "rsa", false, "with an RSA key, for programs too old for elliptic curves")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files that are there")
	return cmd
}

// issueTo issues a certificate and writes it to BASE.pem and BASE.key, or to out.
func issueTo(out io.Writer, authority *cert.Authority, request cert.Request, base string, force bool) error {
	issued, err := authority.Issue(request)
	if err != nil {
		return err
	}
	chain, key, err := cert.Encode(issued)
	if err != nil {
		return err
	}
	if base == "-" {
		_, err := fmt.Fprintf(out, "%s%s", chain, key)
		return err
	}
	if err := writeCertPair(base, chain, key, force); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s.pem and %[1]s.key, until %s, signed by %s\n",
		base, issued.Leaf.NotAfter.UTC().Format(time.DateOnly), authority.Certificate().Subject.CommonName)
	return err
}

// writeCertPair writes certificate and key, and spoils nothing that is there.
func writeCertPair(base string, chain, key []byte, force bool) error {
	for _, path := range []string{base + ".pem", base + ".key"} {
		if _, err := os.Lstat(path); err == nil && !force {
			return fmt.Errorf("%s is there already; --force overwrites it, -o chooses another name", path)
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := cert.WriteFile(base+".key", key, 0o600); err != nil {
		return err
	}
	return cert.WriteFile(base+".pem", chain, 0o644)
}
