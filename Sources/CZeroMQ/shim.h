#ifndef GODWIT_CZEROMQ_SHIM_H
#define GODWIT_CZEROMQ_SHIM_H

#include <sys/eventfd.h>
#include <zmq.h>

/// In zmq.h only for builds with the draft API, but every library since 4.3.0 knows the option.
static const int GODWIT_ZMQ_ZAP_ENFORCE_DOMAIN = 93;

/// The flags of eventfd are an anonymous enum, which Swift does not import as numbers.
static const int GODWIT_EFD_FLAGS = EFD_CLOEXEC | EFD_NONBLOCK;

#endif
