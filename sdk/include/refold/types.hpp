#pragma once

/// The protocol's vocabulary.
#include "refold/blob.hpp"
#include "refold/bytes.hpp"
#include "refold/cid.hpp"
#include "refold/name.hpp"
#include "refold/tid.hpp"
#include "refold/time.hpp"
#include "refold/union.hpp"
#include "refold/value.hpp"
