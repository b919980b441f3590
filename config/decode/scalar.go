package decode

import (
	"encoding"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

var durationType = reflect.TypeFor[time.Duration]()

// scalar decodes one value that is not made of others.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, f Field, path []string) {
	if n.Kind != yaml.ScalarNode {
		d.wrongShape(n, path, wanted(v.Type(), f))
		return
	}
	if isNull(n) && n.Style == 0 {
		d.noValue(n, v, f, path)
		return
	}
	text, ok := d.expand(n, path)
	if !ok {
		return
	}
	if v.Kind() == reflect.String && !isText(v.Type()) {
		if !d.swallowed(n, f, path) {
			d.text(n, v, f, path, text)
		}
		return
	}
	switch err := setScalar(v, f, strings.TrimSpace(text)); {
	case err == nil:
	case f.Secret || text != n.Value: // what was brought in from outside may be secret
		d.fail(n, "%s: %s does not stand for %s", d.section(path), shown(n.Value, f), wanted(v.Type(), f))
	default:
		d.fail(n, "%s: %v", d.section(path), err)
	}
}

// text sets a string.
func (d *decoder) text(n *yaml.Node, v reflect.Value, f Field, path []string, text string) {
	switch known := f.Enum == nil || slices.Contains(f.Enum, text); {
	case !known && text != n.Value:
		d.fail(n, "%s: %s does not stand for %s", d.section(path), cut(n.Value), wanted(v.Type(), f))
		return
	case !known:
		p := d.fail(n, "%s cannot be %q; it is one of %s", d.section(path), cut(text), strings.Join(f.Enum, ", "))
		p.Suggestion = Suggest(text, f.Enum)
		return
	}
	if f.Path != "" && text != "" {
		text = d.path(n, f, path, text)
	}
	v.SetString(text)
}

// path makes a file name whole, and looks whether the file is there.
func (d *decoder) path(n *yaml.Node, f Field, path []string, name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(d.Dir, name)
	}
	if !d.CheckFiles || f.Path == "true" {
		return name
	}
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		d.fail(n, "%s: there is no %s %s", d.section(path), f.Path, name)
	case err != nil:
		d.fail(n, "%s: %v", d.section(path), err)
	case info.IsDir() && f.Path == "file":
		d.fail(n, "%s: %s is a folder, not a file", d.section(path), name)
	case !info.IsDir() && f.Path == "folder":
		d.fail(n, "%s: %s is a file, not a folder", d.section(path), name)
	}
	return name
}

// setScalar reads text as the type of v and the unit of f ask.
func setScalar(v reflect.Value, f Field, text string) error {
	if isText(v.Type()) {
		return setText(v, text)
	}
	switch kind := v.Kind(); {
	case kind == reflect.Bool:
		return setBool(v, text)
	case text == "off" && (v.CanInt() || v.CanFloat()):
		if v.CanInt() {
			v.SetInt(Off)
		} else {
			v.SetFloat(Off)
		}
		return nil
	case v.Type() == durationType:
		duration, err := ParseDuration(text)
		v.SetInt(int64(duration))
		return err
	case f.Unit == "bytes" && v.CanInt():
		size, err := ParseSize(text)
		if err == nil && v.OverflowInt(size) {
			err = fmt.Errorf("%q is too large", text)
		}
		v.SetInt(size)
		return err
	case v.CanInt(), v.CanUint():
		return setWhole(v, text)
	case f.Unit == "rate":
		rate, err := ParseRate(text)
		v.SetFloat(rate)
		return err
	case f.Unit == "share":
		share, err := ParseShare(text)
		v.SetFloat(share)
		return err
	}
	number, err := decimal(text)
	if err != nil {
		return fmt.Errorf("%q is not a number", cut(text))
	}
	v.SetFloat(number)
	return nil
}

func setBool(v reflect.Value, text string) error {
	switch text {
	case "true", "on":
		v.SetBool(true)
	case "false", "off":
		v.SetBool(false)
	case "yes", "Yes", "YES", "True", "TRUE", "On", "ON":
		return fmt.Errorf("%q is only a word in YAML 1.2; write true", text)
	case "no", "No", "NO", "False", "FALSE", "Off", "OFF":
		return fmt.Errorf("%q is only a word in YAML 1.2; write false", text)
	default:
		return fmt.Errorf("%q is neither true nor false", cut(text))
	}
	return nil
}

func setWhole(v reflect.Value, text string) error {
	number, err := strconv.ParseUint(text, 10, 64)
	switch {
	case err != nil && strings.Trim(text, "0123456789") == "" && text != "",
		err == nil && v.CanUint() && v.OverflowUint(number),
		err == nil && v.CanInt() && (number > 1<<63-1 || v.OverflowInt(int64(number))):
		return fmt.Errorf("%s is too large", cut(text))
	case err != nil:
		return fmt.Errorf("%q is not a whole number", cut(text))
	case v.CanUint():
		v.SetUint(number)
	default:
		v.SetInt(int64(number))
	}
	return nil
}

// setText reads a type of its own. An address may stand for the network of
// itself alone.
func setText(v reflect.Value, text string) error {
	if prefix, ok := reflect.TypeAssert[*netip.Prefix](v.Addr()); ok {
		return setPrefix(prefix, text)
	}
	return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
}

func setPrefix(prefix *netip.Prefix, text string) error {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		*prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("%q is not a network; write an address or a prefix, as in 10.0.0.0/8 or 2001:db8::/32", cut(text))
	}
	if p != p.Masked() {
		return fmt.Errorf("%q has bits set behind its prefix; write %s, or %s for the one address", text, p.Masked(), p.Addr())
	}
	*prefix = p
	return nil
}

// wanted says what a scalar of the type t would look like.
func wanted(t reflect.Type, f Field) string {
	switch {
	case t == reflect.TypeFor[netip.Prefix]():
		return "a network such as 10.0.0.0/8"
	case t == reflect.TypeFor[netip.Addr]():
		return "an address such as 10.0.0.1"
	case t == durationType:
		return "a duration such as 10s"
	case f.Unit == "bytes":
		return "a size such as 16KiB"
	case f.Unit == "rate":
		return "a rate such as 100/s"
	case f.Unit == "share":
		return "a share such as 50%"
	case f.Enum != nil:
		return "one of " + strings.Join(f.Enum, ", ")
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Float32:
		return "a number"
	case t.Kind() == reflect.String, isText(t):
		return "a text"
	}
	return "a whole number"
}
