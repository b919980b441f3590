package console

import (
	"strings"
	"testing"
)

func TestConfig(t *testing.T) {
	tests := []struct {
		cfg  Config
		want string // in the error, empty for none
	}{
		{Config{}, ""},
		{Config{Listen: "off"}, ""},
		{Config{Listen: "http://[::1]:8800"}, ""},
		{Config{Listen: "http://localhost:8800"}, ""},
		{Config{Listen: "unix:///run/netwright/console.sock"}, ""},
		{Config{Listen: "http://:8800", Guards: []string{"staff"}}, ""},
		{Config{Listen: "https://127.0.0.1:8800", Cert: "local"}, ""},
		{Config{Listen: "http://:8800"}, "put guards before the console"},
		{Config{Listen: "http://0.0.0.0:8800"}, "put guards before the console"},
		{Config{Listen: "http://192.0.2.1:8800"}, "put guards before the console"},
		{Config{Listen: "http://127.0.0.1.example.com:8800"}, "put guards before the console"},
		{Config{Listen: "https://127.0.0.1:8800"}, "needs the name of a certificate"},
		{Config{Listen: "tcp://127.0.0.1:8800"}, "not on"},
		{Config{Listen: "127.0.0.1:8800"}, "not an address"},
	}
	for _, test := range tests {
		test.cfg.SetDefaults()
		err := test.cfg.Validate()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", test.cfg, err, test.want)
		}
		if at, ok := err.(interface{ ConfigPath() []string }); err != nil && (!ok || len(at.ConfigPath()) != 1) {
			t.Errorf("%+v: the error does not say where it is", test.cfg)
		}
	}
}
