package spc_test

import (
	"homeward/internal/delay"
)

func day(s string) delay.Day { return delay.MustDay(s) }
