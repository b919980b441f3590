package h1

import "github.com/netwright/netwright/http/message"

// The rules whose breach refuses a message. Rule names are stable: records and
// metrics carry them. Sections are RFC 9112's unless another RFC is named.
var (
	ErrLineTooLong   = &message.Error{Status: 414, Rule: "line-too-long", Text: "the request line is longer than the limit"}
	ErrHeadTooLarge  = &message.Error{Status: 431, Rule: "head-too-large", Text: "the head is larger than the limit"}
	ErrTooManyFields = &message.Error{Status: 431, Rule: "too-many-fields", Text: "the head has more fields than the limit"}
	ErrBodyTooLarge  = &message.Error{Status: 413, Rule: "body-too-large", Text: "the body is larger than the limit"}
	ErrHeadTimeout   = &message.Error{Status: 408, Rule: "head-timeout", Text: "the head did not arrive in time"}
	ErrBodyTimeout   = &message.Error{Status: 408, Rule: "body-timeout", Text: "the body stalled, or came slower than the least rate"}

	errRequestLine = &message.Error{Status: 400, Rule: "request-line", Text: "the request line is not: method, one space, target, one space, version (§3)"}
	errTarget      = &message.Error{Status: 400, Rule: "target", Text: "the request target holds a space, control, 8-bit byte or fragment, or its form does not fit the method (§3.2)"}
	errVersion     = &message.Error{Status: 400, Rule: "version", Text: "the version is not HTTP/1.0 or HTTP/1.1 (§2.3)"}
	errMajor       = &message.Error{Status: 505, Rule: "major-version", Text: "the major version is not 1 (§2.3)"}
	errStatusLine  = &message.Error{Status: 400, Rule: "status-line", Text: "the status line is not: version, one space, three digits, one space, reason (§4)"}
	errBareLF      = &message.Error{Status: 400, Rule: "bare-lf", Text: "a line ends in LF without CR (§2.2)"}
	errBareCR      = &message.Error{Status: 400, Rule: "bare-cr", Text: "a CR is not followed by LF (§2.2)"}
	errEmptyLine   = &message.Error{Status: 400, Rule: "empty-line", Text: "more than one empty line stands before the request line (§2.2)"}
	errFold        = &message.Error{Status: 400, Rule: "folded-line", Text: "a field line begins with white space (§2.2, §5.2)"}
	errFieldName   = &message.Error{Status: 400, Rule: "field-name", Text: "a field name is empty, is not a token, or has white space before its colon (§5.1)"}
	errFieldValue  = &message.Error{Status: 400, Rule: "field-value", Text: "a field value holds NUL or another control byte (RFC 9110 §5.5)"}
	errLengthValue = &message.Error{Status: 400, Rule: "content-length", Text: "Content-Length is not one decimal number (RFC 9110 §8.6)"}
	errTwoLengths  = &message.Error{Status: 400, Rule: "two-content-lengths", Text: "there is more than one Content-Length (§6.3)"}
	errLengthAndTE = &message.Error{Status: 400, Rule: "length-and-chunked", Text: "Content-Length and Transfer-Encoding stand together (§6.3)"}
	errCoding      = &message.Error{Status: 400, Rule: "transfer-coding", Text: "Transfer-Encoding is empty, malformed, names chunked twice or not last (§6.1)"}
	errUnknownTE   = &message.Error{Status: 501, Rule: "unknown-coding", Text: "Transfer-Encoding names a coding other than chunked (§6.1)"}
	errTE10        = &message.Error{Status: 400, Rule: "chunked-in-1.0", Text: "Transfer-Encoding in an HTTP/1.0 message (§6.1)"}
	errNoHost      = &message.Error{Status: 400, Rule: "no-host", Text: "an HTTP/1.1 request has no Host (§3.2)"}
	errTwoHosts    = &message.Error{Status: 400, Rule: "two-hosts", Text: "there is more than one Host (§3.2)"}
	errExpect      = &message.Error{Status: 417, Rule: "expect", Text: "Expect asks for something other than 100-continue (RFC 9110 §10.1.1)"}
	errTraceBody   = &message.Error{Status: 400, Rule: "trace-body", Text: "TRACE with a body (RFC 9110 §9.3.8)"}
	errInterim     = &message.Error{Status: 502, Rule: "interim-answers", Text: "the server sent too many 1xx answers"}
	errChunk       = &message.Error{Status: 400, Rule: "chunk", Text: "a chunk is not: size in hexadecimal, CRLF, data, CRLF (§7.1)"}
	errChunkExt    = &message.Error{Status: 400, Rule: "chunk-extension", Text: "a chunk extension is malformed or too long (§7.1.1)"}
)
