package simulate

// officeRegisters are the exports about what akim offices report: promises, meetings, infrastructure, schools.
func officeRegisters() []register {
	return nil
}
