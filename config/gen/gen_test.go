package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/config/decode"
)

func TestCurrent(t *testing.T) {
	files, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join("../..", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the structs say; run: go generate ./config (%v)", name, err)
		}
	}
}

// TestDocumented holds that each key that the file can have says what it is.
func TestDocumented(t *testing.T) {
	files, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(files["docs/config.md"])) {
		if strings.HasPrefix(line, "| `") && strings.Count(line, "|") > 4 && strings.HasSuffix(line, "|  |\n") {
			t.Errorf("a key without a comment: %s", line)
		}
	}
}

// TestExamples holds that the examples of the page are configs, and that the
// schema takes them.
func TestExamples(t *testing.T) {
	t.Setenv("STICKY_SECRET", "s")
	s := compiled(t)
	for i, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1) {
		if _, err := config.Parse("page.yaml", []byte(block[1])); err != nil {
			t.Errorf("example %d:\n%s%v", i+1, block[1], err)
		}
		if err := s.Validate(asJSON(t, []byte(block[1]))); err != nil {
			t.Errorf("example %d and the schema:\n%s%v", i+1, block[1], err)
		}
	}
}

// TestSchema holds the schema against the configs in testdata and examples: it
// takes the good ones, and knows as many keys as the decoder.
func TestSchema(t *testing.T) {
	s := compiled(t)
	good, _ := filepath.Glob("../testdata/good/*.yaml")
	examples, _ := filepath.Glob("../../examples/*.yaml")
	if len(good) == 0 {
		t.Fatal("there are no configs in config/testdata/good")
	}
	for _, name := range append(good, examples...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad, _ := filepath.Glob("../testdata/bad/unknown-*.yaml")
	if len(bad) == 0 {
		t.Fatal("there are no unknown keys in config/testdata/bad")
	}
	for _, name := range bad {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(asJSON(t, data)) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}

// TestSchemaTakesEncoded holds that what the config is written back as is taken.
func TestSchemaTakesEncoded(t *testing.T) {
	data, err := os.ReadFile("../testdata/good/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("whole.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	text, err := decode.Encode(c, decode.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled(t).Validate(asJSON(t, text)); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	files, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(files["config/schema.json"]))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as an editor's language server does.
func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	if value == nil {
		value = map[string]any{}
	}
	text, err := json.Marshal(textKeys(value))
	if err != nil {
		t.Fatal(err)
	}
	back, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// textKeys makes texts of keys such as 404.
func textKeys(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = textKeys(inner)
		}
	case map[any]any:
		texts := map[string]any{}
		for key, inner := range v {
			texts[fmt.Sprint(key)] = textKeys(inner)
		}
		return texts
	case []any:
		for i := range v {
			v[i] = textKeys(v[i])
		}
	}
	return value
}
