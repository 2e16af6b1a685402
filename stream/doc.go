// Package stream moves bytes and cursors through JetStream. It is the only
// home of the NATS client, and it knows neither a stage nor a format: what a
// message says is the business of those who publish and read it.
//
// # Frames
//
// The unit of work is the frame: all messages of one atomic batch. The last of
// them lies on a cursor subject (cur.<stage>) and says in its headers which
// input the frame answers (Auyl-Input-Seq) and the number of the frame
// (Auyl-Frame: 1, 2, 3 … for each cursor subject). Outputs and position are
// thus stored together or not at all, and after a crash the last cursor
// message of a subject is where its stage goes on.
//
// Invariants:
//
//   - A frame lies in one stream, its messages have consecutive sequences and
//     the cursor message has the last of them.
//   - A cursor subject has one writer at a time. Each frame names the sequence
//     of the frame before it; whoever was overtaken gets [ErrFenced] and has
//     stored nothing.
//   - A position is never kept in the server. Readers say where they start,
//     and consumers are thrown away and made anew at the next sequence wanted.
//
// # Ownership
//
// Slices that a reader hands out belong to the caller. Slices given to a
// publisher are not kept after the call. [Conn.Close] ends everything opened
// from the connection. A [Conn] and a [KV] are safe for concurrent use; a
// [Publisher] is, but serves one frame at a time; [Frames] and [Messages]
// belong to one goroutine.
package stream
