package endpoint

import (
	"errors"
	"fmt"
)

// splitWords parts a command line at blanks. Quotes, single or double, group;
// a backslash outside single quotes takes the next byte as it is.
func splitWords(s string) ([]string, error) {
	var words []string
	var word []byte
	var quote byte
	inWord := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == 0:
			return nil, errors.New("a command holds no zero byte")
		case c == '\\' && quote != '\'':
			if i++; i == len(s) {
				return nil, errors.New("a backslash ends the command")
			}
			word, inWord = append(word, s[i]), true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if inWord {
				words = append(words, string(word))
			}
			word, inWord = nil, false
		default:
			word, inWord = append(word, c), true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("the quote %c is not closed", quote)
	}
	if inWord {
		words = append(words, string(word))
	}
	return words, nil
}
