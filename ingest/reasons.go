package ingest

// Reasons returns the reasons of dead letters, in the order of their constants.
func Reasons() []string {
	return []string{
		ReasonNoContract, ReasonPageHTML, ReasonPageBroken, ReasonPageEmpty, ReasonPageTooLarge, ReasonPageGone, ReasonPageFaults,
		ReasonColumn, ReasonUnreadable, ReasonRequired, ReasonNumber, ReasonRange, ReasonWord, ReasonPeriod, ReasonInstant,
		ReasonArea, ReasonAreaClosed, ReasonAreaLevel, ReasonDuplicate, ReasonTotal, ReasonShrunken, ReasonPerson,
	}
}
