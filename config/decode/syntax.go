package decode

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// explain turns a syntax error of the YAML reader into one of ours: the mistakes
// that everybody makes get the form that would be right.
func explain(err error, data []byte) (line, column int, message string) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return 1, 1, err.Error()
	}
	text := source(strings.Split(string(data), "\n"))
	at := mark{load.Mark.Line, load.Mark.Column}
	begin := mark{load.ContextMark.Line, load.ContextMark.Column}
	if at.line == 0 {
		at = begin
	}
	if at.line == 0 {
		at = mark{1, 1}
	}
	for _, rule := range []func(source, mark, mark, string) (mark, string){
		variableInFlow, bracketInFlow, afterBracket, tab, star, reserved, blockMark, afterQuote, colon, swallowedEnd, unclosed,
	} {
		if where, message := rule(text, at, begin, load.Message); message != "" {
			return where.line, where.column, message
		}
	}
	message = "this is not YAML: " + load.Message
	if load.ContextMsg != "" {
		message += " " + load.ContextMsg
	}
	return at.line, at.column, message
}

// mark is a place in the source, from 1.
type mark struct{ line, column int }

// source is the lines of the file.
type source []string

// line returns the line of m cut in two at m.
func (s source) line(m mark) (before, after string) {
	if m.line < 1 || m.line > len(s) {
		return "", ""
	}
	runes := []rune(strings.TrimSuffix(s[m.line-1], "\r"))
	n := min(max(m.column-1, 0), len(runes))
	return string(runes[:n]), string(runes[n:])
}

// token returns the value around m as it was meant, and where it begins: in a
// block up to the end of the line, in brackets up to the next comma or the
// bracket that closes them.
func (s source) token(m mark, flow bool) (token string, start mark) {
	before, after := s.line(m)
	from := 0
	if flow {
		from = strings.LastIndexAny(before, " ,[{") + 1
	} else {
		from = max(strings.LastIndex(before, ": ")+2, strings.LastIndex(before, "- ")+2)
		if from < 2 {
			from = 0
		}
	}
	start = mark{m.line, len([]rune(before[:from])) + 1}
	token = before[from:]
	depth := strings.Count(token, "[") + strings.Count(token, "{") - strings.Count(token, "]") - strings.Count(token, "}")
	for i, r := range after {
		switch {
		case strings.ContainsRune("[{", r):
			depth++
		case strings.ContainsRune("]}", r):
			depth--
		}
		end := flow && (depth < 0 || depth == 0 && (r == ',' || r == ' '))
		if end || strings.HasPrefix(after[i:], " #") {
			return strings.TrimSpace(token + after[:i]), start
		}
	}
	return strings.TrimSpace(token + after), start
}

func variableInFlow(s source, at, _ mark, message string) (mark, string) {
	before, after := s.line(at)
	if !strings.HasSuffix(before, "$") || !strings.HasPrefix(after, "{") || !strings.Contains(message, "',' or") {
		return at, ""
	}
	token, start := s.token(at, true)
	return start, fmt.Sprintf("inside [ ] and { } a value with ${…} must be in quotes: %q", cut(token))
}

func bracketInFlow(s source, at, _ mark, message string) (mark, string) {
	before, after := s.line(at)
	if !strings.HasPrefix(after, "[") || !strings.Contains(message, "',' or") || before == "" || strings.ContainsAny(before[len(before)-1:], " ,[{") {
		return at, ""
	}
	token, start := s.token(at, true)
	return start, fmt.Sprintf("inside [ ] and { } a value that has brackets must be in quotes: %q", cut(token))
}

func afterBracket(s source, at, _ mark, message string) (mark, string) {
	before, after := s.line(at)
	if !strings.HasSuffix(before, "]") || !strings.HasPrefix(after, ":") {
		return at, ""
	}
	open := strings.LastIndex(before, "[")
	token := after
	if i := strings.IndexAny(after, " ,]}"); i >= 0 {
		token = after[:i]
	}
	if open < 0 {
		return at, ""
	}
	start := mark{at.line, len([]rune(before[:open])) + 1}
	return start, fmt.Sprintf("a value that begins with [ must be in quotes: %q", cut(before[open:]+token))
}

func tab(s source, at, begin mark, _ string) (mark, string) {
	for _, m := range []mark{at, begin} {
		before, after := s.line(m)
		if strings.HasPrefix(after, "\t") || strings.Contains(before, "\t") && strings.TrimSpace(before) == "" {
			return m, "a tab cannot indent; use spaces"
		}
	}
	return at, ""
}

func star(s source, at, begin mark, message string) (mark, string) {
	for _, m := range []mark{at, begin} {
		before, after := s.line(m)
		if strings.HasPrefix(after, "*") {
			token, _ := s.token(m, strings.ContainsAny(before, "[{"))
			token, _, _ = strings.Cut(token, ":")
			if name := strings.Trim(token, "*"); strings.Contains(message, "unknown anchor") && strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" {
				return m, fmt.Sprintf("no value above is marked &%s; if the * is part of a text, put it in quotes: %q", name, cut(token))
			}
			return m, fmt.Sprintf("a value that begins with * must be in quotes: %q", cut(token))
		}
	}
	return at, ""
}

func reserved(s source, at, _ mark, message string) (mark, string) {
	before, after := s.line(at)
	if after == "" || !strings.Contains(message, "cannot start any token") {
		return at, ""
	}
	token, _ := s.token(at, strings.ContainsAny(before, "[{"))
	return at, fmt.Sprintf("a value cannot begin with %s; put it in quotes: %q", string([]rune(after)[:1]), cut(token))
}

func blockMark(s source, at, begin mark, _ string) (mark, string) {
	_, after := s.line(begin)
	switch {
	case after == "":
	case after[0] == '|' || after[0] == '>' || after[0] == '&' || after[0] == '!':
		token, _ := s.token(begin, false)
		return begin, fmt.Sprintf("a value that begins with %c must be in quotes: %q", after[0], cut(token))
	}
	return at, ""
}

func afterQuote(s source, at, _ mark, message string) (mark, string) {
	before, after := s.line(at)
	before = strings.TrimRight(before, " ")
	if before == "" || !strings.Contains(message, "did not find expected") || after == "" {
		return at, ""
	}
	switch before[len(before)-1] {
	case '\'':
		return at, "the text goes on behind its closing quote; within '…' a quote is written twice: ''"
	case '"':
		return at, `the text goes on behind its closing quote; within "…" a quote is written \"`
	}
	return at, ""
}

func colon(s source, at, _ mark, message string) (mark, string) {
	if !strings.Contains(message, "mapping values are not allowed") {
		return at, ""
	}
	before, after := s.line(at)
	first := strings.Index(before, ": ")
	if first < 0 {
		return at, "this key does not stand in line with the others, or the line above lacks a colon"
	}
	value := strings.TrimSpace(before[first+2:] + after)
	start := mark{at.line, len([]rune(before[:first+2])) + 1}
	return start, fmt.Sprintf("a value with a colon and a space in it must be in quotes: %q", cut(value))
}

// swallowedEnd finds a # that made a comment of the closing bracket.
func swallowedEnd(s source, at, begin mark, message string) (mark, string) {
	first := max(begin.line, 1)
	switch {
	case strings.Contains(message, "node content"): // all of the value is a comment
		first = max(min(at.line, len(s)), 1)
		for first > 1 && (first == at.line || strings.TrimSpace(s[first-1]) == "") {
			first--
		}
	case !strings.Contains(message, "',' or"):
		return at, ""
	}
	for line := first; line <= min(at.line, len(s)); line++ {
		text := s[line-1]
		i := strings.Index(text, " #")
		if i < 0 || !strings.ContainsAny(text[i:], "]}") {
			continue
		}
		m := mark{line, len([]rune(text[:i])) + 2}
		token, start := s.token(mark{line, m.column - 1}, true)
		if strings.HasSuffix(token, ":") {
			token, start = "", m
		}
		rest := text[i:]
		rest = rest[:strings.IndexAny(rest, ",]}")]
		return start, fmt.Sprintf("the # begins a comment, and the closing bracket is lost in it; put the value in quotes: %q", cut(strings.TrimSpace(token+rest)))
	}
	return at, ""
}

func unclosed(s source, at, begin mark, message string) (mark, string) {
	switch {
	case strings.Contains(message, "',' or") && begin.line > 0 && begin.line < at.line:
		_, after := s.line(begin)
		return begin, fmt.Sprintf("the %.1s is not closed", after)
	case strings.Contains(message, "unexpected end of stream") && begin.line > 0:
		return begin, "the quote is not closed"
	}
	return at, ""
}
