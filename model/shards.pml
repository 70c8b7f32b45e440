/*
 * Grant, renewal, expiry, fence, commit and failover: two coordinators, three workers with a slot each, three shards.
 *
 * A statement on the control schema is an atomic step; everything between two of them may happen in any order. Time is
 * left out: a lease may expire whenever it is not renewed, a message may come at any time or never, a process that
 * stands still is one whose next step comes late. Each thing that goes wrong takes one of FAULTS, so every execution is
 * finite: that no execution ends before all shards are done is then the same as that all of them end once faults stop.
 *
 * UNFENCED: the commit does not ask for the lease. STALE: a coordinator's writes do not ask for its term.
 */

#define SHARDS 3
#define WORKERS 3
#ifndef FAULTS
#define FAULTS 3
#endif

mtype = { pending, leased, done };

/* The control schema, a row per shard. */
mtype state[SHARDS] = pending;
byte lease[SHARDS];    /* number of the last grant */
byte holder[SHARDS];   /* worker it went to */
bool expired[SHARDS];
byte locked[SHARDS];   /* worker + 1 whose transaction has fenced the row and not ended */
byte commits[SHARDS];

/* Leadership: the session that holds the lock (coordinator + 1), and the reign. */
byte leader;
byte term;

/* LEASE messages under way: a bit per lease number, by worker and shard. */
byte offers[WORKERS * SHARDS];

/* What a slot is at: shard + 1 and lease, and whether its backend was terminated. */
byte working[WORKERS];
byte attempt[WORKERS];
bool killed[WORKERS];

byte faults = FAULTS;

/* Workers are alike, and so are coordinators: which of those that have done nothing yet comes next makes no difference. */
byte used;

#define ALL_DONE (state[0] == done && state[1] == done && state[2] == done)
#define GOES_WRONG (faults > 0) -> faults--
#define IS_FREE(w) (!(state[0] == leased && holder[0] == w) && !(state[1] == leased && holder[1] == w) \
    && !(state[2] == leased && holder[2] == w))
#define HOLDS(s, a) (state[s] == leased && lease[s] == a)
/* Nobody works on the shard's lease, and no message brings it to anybody. */
#define IS_LOST(s) (!(offers[holder[s] * SHARDS + s] & (1 << lease[s])) \
    && !(working[holder[s]] == s + 1 && attempt[holder[s]] == lease[s]))

#ifdef STALE
#define REIGNS true
#else
#define REIGNS (term == reign)
#endif

inline roll_back() {
    if
    :: locked[s] == me + 1 -> locked[s] = 0
    :: else
    fi;
    working[me] = 0;
    attempt[me] = 0;
    killed[me] = false;
    s = 0;
    a = 0
}

#define TAKE(i, n) (offers[me * SHARDS + i] & (1 << n)) -> \
    offers[me * SHARDS + i] = offers[me * SHARDS + i] & ~(1 << n); s = i; a = n

proctype Worker(byte me) {
    byte s, a;

idle:
    atomic {
        if
        :: ALL_DONE -> goto left
        :: TAKE(0, 1) :: TAKE(0, 2) :: TAKE(0, 3) :: TAKE(0, 4)
        :: TAKE(1, 1) :: TAKE(1, 2) :: TAKE(1, 3) :: TAKE(1, 4)
        :: TAKE(2, 1) :: TAKE(2, 2) :: TAKE(2, 3) :: TAKE(2, 4)
        fi;
        working[me] = s + 1;
        attempt[me] = a
    }
    do
    :: atomic { /* The renewal's own connection lives on when the slot's backend was terminated. */
        HOLDS(s, a) && expired[s] -> expired[s] = false
    }
    :: atomic { /* The attempt fails, and its lease is given back. */
        GOES_WRONG;
        if
        :: HOLDS(s, a) -> state[s] = pending; expired[s] = false
        :: else
        fi;
        roll_back();
        goto idle
    }
    :: atomic { /* The process dies; the next one has another name, which no message under way is for. */
        GOES_WRONG;
        offers[me * SHARDS] = 0;
        offers[me * SHARDS + 1] = 0;
        offers[me * SHARDS + 2] = 0;
        roll_back();
        goto idle
    }
    :: atomic { /* The fence. */
        if
        :: killed[me] -> roll_back(); goto idle
#ifdef UNFENCED
        :: else -> break
#else
        :: !killed[me] && HOLDS(s, a) -> locked[s] = me + 1; break
        :: !killed[me] && !HOLDS(s, a) -> roll_back(); goto idle
#endif
        fi
    }
    od;
    if
    :: atomic { /* COMMIT. */
        !killed[me] ->
        state[s] = done;
        expired[s] = false;
        commits[s]++;
        assert(commits[s] <= 1);
        roll_back();
        goto idle
    }
    :: atomic { killed[me] -> roll_back(); goto idle }
    :: atomic { GOES_WRONG; roll_back(); goto idle }
    fi;
left:
    skip
}

#define CHOOSE_WORKER(i) i <= used && IS_FREE(i) -> w = i
#define CHOOSE_EXPIRED(i) state[i] == leased && expired[i] -> s = i; a = lease[i]

#define CAN_GRANT (state[0] == pending || state[1] == pending || state[2] == pending) \
    && (IS_FREE(0) || 1 <= used && IS_FREE(1) || 2 <= used && IS_FREE(2))

proctype Coordinator(byte me) {
    byte reign, s, w, a;

down:
    atomic {
        reign = 0;
        s = 0;
        w = 0;
        a = 0;
        if
        :: ALL_DONE -> goto left
        :: !ALL_DONE && leader == 0 && term >= me -> leader = me + 1; term++; reign = term
        fi
    }
    do
    :: atomic { /* A grant is chosen: the first shard that is pending, any worker that is free … */
        CAN_GRANT;
        if
        :: state[0] == pending -> s = 0
        :: state[0] != pending && state[1] == pending -> s = 1
        :: state[0] != pending && state[1] != pending && state[2] == pending -> s = 2
        fi;
        if
        :: CHOOSE_WORKER(0) :: CHOOSE_WORKER(1) :: CHOOSE_WORKER(2)
        fi
    }
        atomic { /* … and written, then sent, unless the message is lost. */
            if
            :: !REIGNS -> goto deposed
            :: REIGNS && state[s] == pending && !locked[s] ->
                assert(term == reign);
                state[s] = leased;
                lease[s]++;
                holder[s] = w;
                if
                :: used == w -> used++
                :: else
                fi;
                expired[s] = false;
                assert(lease[s] <= 4);
                if
                :: offers[w * SHARDS + s] = offers[w * SHARDS + s] | (1 << lease[s])
                :: GOES_WRONG
                fi
            :: else
            fi;
            s = 0;
            w = 0
        }
    :: atomic { /* An expired lease is found, without locks … */
        if
        :: CHOOSE_EXPIRED(0) :: CHOOSE_EXPIRED(1) :: CHOOSE_EXPIRED(2)
        fi
    }
        atomic { /* … its backend terminated, where it is to be seen; one that has fenced always is … */
            if
            :: working[holder[s]] == s + 1 && attempt[holder[s]] == a && lease[s] == a ->
                if
                :: killed[holder[s]] = true;
                    if
                    :: locked[s] == holder[s] + 1 -> locked[s] = 0
                    :: else
                    fi
                :: locked[s] == 0
                fi
            :: else
            fi
        }
        atomic { /* … and the shard taken back. */
            if
            :: !REIGNS -> goto deposed
            :: REIGNS && HOLDS(s, a) && expired[s] && !locked[s] -> state[s] = pending; expired[s] = false
            :: else
            fi;
            s = 0;
            a = 0
        }
    :: atomic { /* The process dies. */
        GOES_WRONG;
        goto deposed
    }
    :: atomic { /* It loses its session, and goes on without noticing. */
        leader == me + 1 && faults > 0 -> faults--;
        leader = 0
    }
    :: atomic { leader != me + 1 -> goto deposed }
    :: atomic { ALL_DONE -> goto left }
    od;
deposed:
    atomic {
        if
        :: leader == me + 1 -> leader = 0
        :: else
        fi;
        goto down
    }
left:
    skip
}

#define EXPIRE(i) state[i] == leased && !expired[i] && IS_LOST(i) -> expired[i] = true
#define EXPIRE_EARLY(i) state[i] == leased && !expired[i] && !IS_LOST(i) && faults > 0 -> faults--; expired[i] = true

/* The target's clock. */
proctype Clock() {
    do
    :: atomic { EXPIRE(0) } :: atomic { EXPIRE(1) } :: atomic { EXPIRE(2) }
    :: atomic { EXPIRE_EARLY(0) } :: atomic { EXPIRE_EARLY(1) } :: atomic { EXPIRE_EARLY(2) }
    :: atomic { ALL_DONE -> break }
    od
}

init {
    atomic {
        run Worker(0);
        run Worker(1);
        run Worker(2);
        run Coordinator(0);
        run Coordinator(1);
        run Clock()
    }
}
