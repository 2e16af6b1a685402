package disclosure

import (
	"errors"
	"math"
)

// errInfeasible says that no values meet the equations.
var errInfeasible = errors.New("no values meet the relations")

// program is a linear program in standard form, a·x = b and x ≥ 0, as a dense
// tableau. It is solved by the simplex method with Bland's rule, which never
// cycles: margins of tables are as degenerate as programs come. The first call
// finds a corner, later ones start where the last one ended.
type program struct {
	n     int         // unknowns
	rows  [][]float64 // n coefficients and the right side
	basis []int       // unknown of each row
	cost  []float64   // reduced costs and the negative value
	eps   float64
}

// newProgram takes rows of n coefficients and a right side, which it keeps.
func newProgram(n int, rows [][]float64) (*program, error) {
	p := &program{n: n, eps: 1e-9}
	scale := 1.0
	m := len(rows)
	for i, r := range rows {
		scale = max(scale, math.Abs(r[n]))
		if r[n] < 0 {
			for j := range r {
				r[j] = -r[j]
			}
		}
		// A helper for each row: it is to become zero.
		wide := make([]float64, n+m+1)
		copy(wide, r[:n])
		wide[n+i], wide[n+m] = 1, r[n]
		p.rows, p.basis = append(p.rows, wide), append(p.basis, n+i)
	}
	p.n = n + m
	p.cost = make([]float64, n+m+1)
	for _, r := range p.rows {
		for j := range n {
			p.cost[j] -= r[j]
		}
		p.cost[n+m] -= r[n+m]
	}
	if err := p.solve(); err != nil {
		return nil, err
	}
	if -p.cost[n+m] > 1e-9*scale {
		return nil, errInfeasible
	}
	kept, basis := p.rows[:0], p.basis[:0]
	for i := 0; i < len(p.rows); i++ {
		if p.basis[i] >= n { // a helper at zero: out, or the row says nothing new
			for j := range n {
				if math.Abs(p.rows[i][j]) > p.eps {
					p.pivot(i, j)
					break
				}
			}
		}
	}
	for i, r := range p.rows {
		if p.basis[i] < n {
			r[n] = r[n+m]
			kept, basis = append(kept, r[:n+1]), append(basis, p.basis[i])
		}
	}
	p.n, p.rows, p.basis = n, kept, basis
	return p, nil
}

// minimize returns the least c·x, -Inf where there is none.
func (p *program) minimize(c []float64) float64 {
	p.cost = append(append(p.cost[:0], c...), 0)
	for i, r := range p.rows {
		if f := p.cost[p.basis[i]]; f != 0 {
			for j := range r {
				p.cost[j] -= f * r[j]
			}
			p.cost[p.basis[i]] = 0
		}
	}
	if err := p.solve(); err != nil {
		return math.Inf(-1)
	}
	return -p.cost[p.n]
}

// value returns an unknown at the corner that was found.
func (p *program) value(x int) float64 {
	for i, b := range p.basis {
		if b == x {
			return p.rows[i][p.n]
		}
	}
	return 0
}

var errUnbounded = errors.New("no bound")

func (p *program) solve() error {
	for {
		in := -1
		for j := range p.n {
			if p.cost[j] < -p.eps {
				in = j
				break
			}
		}
		if in < 0 {
			return nil
		}
		out, best := -1, math.Inf(1)
		for i, r := range p.rows {
			if r[in] <= p.eps {
				continue
			}
			q := max(r[p.n], 0) / r[in]
			if out < 0 || q < best-p.eps || q <= best+p.eps && p.basis[i] < p.basis[out] {
				out, best = i, q
			}
		}
		if out < 0 {
			return errUnbounded
		}
		p.pivot(out, in)
	}
}

func (p *program) pivot(row, col int) {
	r := p.rows[row]
	f := r[col]
	for j := range r {
		r[j] /= f
	}
	r[col] = 1
	eliminate := func(x []float64) {
		f := x[col]
		if f == 0 {
			return
		}
		for j, v := range r {
			if v != 0 {
				x[j] -= f * v
			}
		}
		x[col] = 0
	}
	for i := range p.rows {
		if i != row {
			eliminate(p.rows[i])
		}
	}
	eliminate(p.cost)
	p.basis[row] = col
}
