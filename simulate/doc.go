// Package simulate is a seeded model of Almaty oblast and the doors through which
// sources would give its figures: Taldau, data.egov.kz v4 and register exports as
// delimited text. It serves and writes what a source would, and knows nothing of
// what is made of it.
//
// What is real: the list of places that the caller hands in, and the population of
// districts, towns and district centers on 1 January 2023 (population_2023.csv,
// named in NOTICE), which the model reproduces to the person. Everything else is
// made up and describes no place, household or person; every answer carries the
// header X-Auyl-Origin: synthetic.
//
// Everything is a function of the seed, the places and the as-of day: the same
// input gives the same bytes, and a later day gives what the sources would show by
// then, with rows that came late, rows that were revised and files that are new.
// Nothing reads a clock. Figures of settlements add up exactly to okrugs, districts
// and the oblast. Personal columns hold impossible persons only: identity numbers
// of people born on 31 December 2099, telephone numbers under the operator code
// 000, which does not exist.
package simulate
