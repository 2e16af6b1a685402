// Package sink is the loop from a stream into tables. It knows which kind of message belongs to which table and nothing
// about what is in either.
//
// A range is a run of consecutive messages of the stream, cut by bytes or because no more came for a moment. How it was
// cut is a matter of timing, so the cut is written down before anything is inserted: the ledger, one key of a key-value
// bucket, holds up to which sequence all is done and where the ranges in work end. Each table's messages of a range are one
// insert under the token stream:id:first-last:table. After a crash the ranges of the ledger are cut again exactly as they
// were and given to the tables to repeat: under the same tokens, so that what is there already is known. Thus nothing is
// lost and nothing comes twice, whichever process was killed and when.
//
// The id in the token is drawn once for a ledger. A ledger lives and dies with its stream, so that a stream that is
// begun anew on old tables is not taken for the one before.
//
// Of two sinks of one stream the one that started later takes over: each write of the ledger is fenced by its revision, and
// so is each repeat, so that the other one ends with stream.ErrFenced at its next step.
package sink
