package config

// ParseLayout lets the tests outside read one layout alone.
func ParseLayout(file, name string, data []byte) (*Layout, error) {
	l, found := parseLayout(file, name, data)
	if err := listed(found); err != nil {
		return nil, err
	}
	return l, nil
}
