// Package disclosure decides which cells of additive tables must not be shown,
// so that no figure of a few persons can be read or computed. It is pure, does
// no I/O and knows no indicator.
//
// # Words
//
// A cell is primary if its own figure gives somebody away ([Small],
// [Magnitude]). A hidden primary cell could be computed from its margins, so
// that others are hidden with it: they are secondary. What a reader can still
// compute of a hidden cell are its bounds: the least and the largest value that
// all relations leave possible.
//
// # Two forms
//
// [Table] has whatever relations: crossed, nested and linked margins,
// cumulative figures, districts without their towns. [Table.Bounds] audits a
// pattern by linear programs, [Table.Protect] makes one.
//
// [Tree] is the form of the engine: areas within areas and the counts below a
// ratio. There bounds are found in two passes, which give what the linear
// programs give, and a pattern costs microseconds.
//
// Sources: Hundepool et al., Statistical Disclosure Control (Wiley 2012), ch. 4;
// Fischetti and Salazar, Management Science 47(7), 2001: the reader's tables and
// the perturbations of Protect.
package disclosure
