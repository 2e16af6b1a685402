// Package clickhouse is the only place that speaks SQL: migrations, columns in, typed queries out. It talks to an engine
// over ClickHouse's HTTP interface, be it a child of this process, a server or a cluster; the DSN is all that differs.
//
// Three ways lead to the engine, one for each need:
//
//   - Insert encodes stream messages column by column into blocks of the Native format (ch-go) and posts them. Nothing is
//     kept for each row but its columns.
//   - Typed questions (Status, Inputs, …) go through clickhouse-go. Each is a file under sql/ask.
//   - Raw passes a statement of the user on and streams the answer in a text format of the engine.
//
// Exactly once: every table that is inserted into keeps a window of tokens, and Insert is a function of the messages
// alone: the same messages under the same token give the same blocks, of which the engine stores those that it does not
// have yet. Where an engine was killed in between, Repeat compares rows instead of tokens. Errors that may pass by
// themselves say so with Temporary.
package clickhouse
