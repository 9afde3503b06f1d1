// Package problem holds the one error type that people read: a kind for the
// machine, a sentence for the reader and the cause for the operator's log. It
// knows nothing of HTTP, SQL or files.
package problem

import (
	"errors"
	"fmt"
)

// Kind says what sort of thing went wrong, so that the edges (web, command
// line) can choose a status without reading words.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody has classified.
const (
	Internal Kind = iota
	Invalid
	NotFound
	Conflict
	Forbidden
	Unavailable
)

// String names the kind as it stands in JSON errors.
func (k Kind) String() string {
	switch k {
	case Invalid:
		return "invalid"
	case NotFound:
		return "not found"
	case Conflict:
		return "conflict"
	case Forbidden:
		return "forbidden"
	case Unavailable:
		return "unavailable"
	default:
		return "internal"
	}
}

// Error is an error with a sentence that may be shown to the reader. Message
// says what was found, what was expected and what to do, and never holds the
// value of an identifying field.
type Error struct {
	Kind    Kind
	Message string
	Cause   error
}

// Error gives the sentence, then the cause when there is one.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of the kind with a formatted sentence.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of the kind with a formatted sentence and a cause that
// only the operator's log shows.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf gives the kind of the first *Error in err's chain, Internal if none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Sentence gives what the reader may see of err: the message of the first
// *Error in its chain, or a plain sentence that gives nothing away.
func Sentence(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Message
	}
	return "There is a problem with the service."
}
