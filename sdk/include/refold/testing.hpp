#pragma once

/// Tests of projections, without an engine and with any test framework:
///
///   TestLog log;
///   log.create(alice, "app.bsky.feed.like", "3k1", like_of(post));
///   Fold<Likes> fold;
///   fold.apply(log);
///   assert(fold->counts.get(post) == 1);
///
///   const Report report = conformance<Likes>({like_of(post), like_of(other)});
///   if (!report) std::puts(report.text.c_str());
#include "refold/projection.hpp"
#include "refold/testing/conformance.hpp"
#include "refold/testing/data.hpp"
#include "refold/testing/fold.hpp"
#include "refold/testing/host.hpp"
#include "refold/testing/log.hpp"
#include "refold/testing/runner.hpp"
