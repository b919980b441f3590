package scan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// needs skips the test where a program is missing, which in CI it may not be.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", program)
	}
	t.Skipf("%s is not installed", program)
}

// parseXML writes a report, holds it against nmap's DTD, and reads it back.
func parseXML(t *testing.T, r *Report, sum Summary) (run xmlRun) {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteXML(&out, XML{Args: "netwright scan", Version: "1"}, sum); err != nil {
		t.Fatal(err)
	}
	checkDTD(t, out.Bytes())
	if err := xml.Unmarshal(out.Bytes(), &run); err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	return run
}

// checkDTD holds a document against nmap's own DTD: elements, their order,
// attributes, and those that may not lack.
func checkDTD(t *testing.T, document []byte) {
	t.Helper()
	const path = "/usr/share/nmap/nmap.dtd"
	dtd, err := os.ReadFile(path)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("nmap is not installed")
	}
	dtd = regexp.MustCompile(`(?s)<!--.*?-->`).ReplaceAll(dtd, nil)
	models := map[string]*regexp.Regexp{} // what is in an element, each child as "name "
	for _, m := range regexp.MustCompile(`(?s)<!ELEMENT\s+(\w+)\s+(.*?)\s*>`).FindAllSubmatch(dtd, -1) {
		model := strings.Join(strings.Fields(string(m[2])), "")
		model = strings.NewReplacer("EMPTY", "", "#PCDATA|", "", "(#PCDATA)", "").Replace(model)
		model = regexp.MustCompile(`\w+`).ReplaceAllString(model, "(?:$0 )")
		model = strings.ReplaceAll(model, ",", "")
		models[string(m[1])] = regexp.MustCompile("^" + model + "$")
	}
	declared, required := map[string]bool{}, map[string][]string{}
	for _, list := range regexp.MustCompile(`(?s)<!ATTLIST\s+(\w+)(.*?)>`).FindAllSubmatch(dtd, -1) {
		element := string(list[1])
		for _, m := range regexp.MustCompile(`(\w+)\s+(CDATA|%\w+;|\([^)]*\))\s*(#REQUIRED|#IMPLIED|"[^"]*")`).FindAllSubmatch(list[2], -1) {
			declared[element+" "+string(m[1])] = true
			if string(m[3]) == "#REQUIRED" {
				required[element] = append(required[element], string(m[1]))
			}
		}
	}
	if len(models) < 30 || len(required["port"]) != 2 {
		t.Fatalf("%s is read wrongly: %d elements, %v", path, len(models), required)
	}
	type element struct{ name, children string }
	stack := []element{{}}
	for d := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			stack[len(stack)-1].children += name + " "
			stack = append(stack, element{name: name})
			has := map[string]bool{}
			for _, a := range token.Attr {
				has[a.Name.Local] = true
				if !declared[name+" "+a.Name.Local] {
					t.Errorf("<%s> has no attribute %s", name, a.Name.Local)
				}
			}
			for _, a := range required[name] {
				if !has[a] {
					t.Errorf("<%s> lacks %s", name, a)
				}
			}
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if model := models[e.name]; model == nil || !model.MatchString(e.children) {
				t.Errorf("<%s> has %q, which is not %v", e.name, e.children, model)
			}
		}
	}
}
