#ifndef GODWIT_CZEROMQ_SHIM_H
#define GODWIT_CZEROMQ_SHIM_H

#include <zmq.h>

#endif
