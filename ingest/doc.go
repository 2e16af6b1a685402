// Package ingest brings what sources say into the streams, in two steps.
//
// Fetch (Puller, Schedule) asks a source through its Door, keeps each page in the
// raw archive and puts a message about it into RAW, together with the state of
// the pull, in one atomic frame. Decode (Decoder) turns a page into
// observations, events, dead letters and the page's row of conservation, under
// the contract of the source; it is a pure function.
//
// Every input record ends in exactly one of: used, skipped by a named rule, dead.
package ingest
