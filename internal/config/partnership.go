// Package config reads the settings and the partnership file into validated
// structs. It is the only reader of the environment, and knows nothing of
// delays, SQL or HTTP.
package config

// Partnership is the content of partnership.yaml: who the partners are and how
// each provider's extracts are laid out.
type Partnership struct {
	Name      string     `yaml:"name"`
	Councils  []Council  `yaml:"councils"`
	Providers []Provider `yaml:"providers"`
}

// Council is a local authority with adult social services duties.
type Council struct {
	// Code is the ONS code, such as E10000008; CSSR the old three-digit number.
	Code string `yaml:"code"`
	CSSR string `yaml:"cssr"`
	Name string `yaml:"name"`
	// Names are what else extracts call the council.
	Names      []string   `yaml:"names"`
	Population Population `yaml:"population"`
}

// Population is a number of adults with its year and source (C13).
type Population struct {
	Adults int    `yaml:"adults"`
	Year   string `yaml:"year"`
	Source string `yaml:"source"`
}

// Provider is an organisation whose beds are counted.
type Provider struct {
	// Code is the ODS code, such as RK9.
	Code string `yaml:"code"`
	Name string `yaml:"name"`
	// Layout names the layout of its extracts.
	Layout string `yaml:"layout"`
	// Due is the time of day, London time, by which its extract is expected,
	// such as "07:00". Empty means no time is expected.
	Due string `yaml:"due"`
}
