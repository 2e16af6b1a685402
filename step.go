package auyl

// Payload is a message of a stream without its sequence and headers.
type Payload struct {
	Subject string
	Data    []byte
}

// Change is one write to a stage's state; a nil Value deletes the key.
type Change struct {
	Key, Value []byte
}

// View is the state of a stage before the step, ordered by key. What it returns
// is valid until the step ends and must not be changed.
type View interface {
	// Get returns the value of a key, nil when there is none.
	Get(key []byte) ([]byte, error)
	// Scan calls f for each key in [from, to) in order, until f returns false.
	Scan(from, to []byte, f func(key, value []byte) bool) error
	// Before returns the last key below upper that is not below from; nil when there is none.
	Before(from, upper []byte) (key, value []byte, err error)
}

// Step is all that a stage says about one frame of input: what it publishes and
// what it remembers. It is a function of state and frame alone.
type Step struct {
	Out     []Payload
	Changes []Change
}
