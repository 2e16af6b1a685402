// Package embedded runs a ClickHouse engine that belongs to this process alone, and supervises it.
//
// The engine lives in a child process, so that a crash of the C++ code ends the child and never the program. The child is
// this same program, started with ChildArg as its first argument; it either loads the engine as a shared library
// (libchdb, bound without cgo) and speaks ClickHouse's HTTP interface for it, or starts a real clickhouse server. Locate
// decides which of the two is there. For the user of the package there is no difference: Start gives an Engine with a DSN
// for the owner, another for a reader, and an address that stays the same over restarts.
//
// Who owns what:
//
//   - The parent owns the listening socket (library only) and hands a duplicate to each child as descriptor 3. A client
//     that connects during a restart waits in the backlog instead of being refused.
//   - The parent owns the child's standard input: it carries the configuration (passwords among it, so they are in neither
//     arguments nor environment), then stays open. When it ends, the parent is gone, and the child stops.
//   - The child owns the data folder through an advisory lock that dies with it. A second engine on the same folder gets
//     ErrLocked once the wait for the old one is over.
//
// What the reader may do is decided three times, because the library knows one user only and roles are a choice of the
// session there: the HTTP layer lets one checked SELECT, SHOW, DESCRIBE, EXPLAIN or EXISTS through, the connection takes
// the role that has SELECT on the served database, and readonly with a constrained profile fences the settings.
package embedded
