// `living`, built again: it may take over.
#define REFOLD_BUILD_ID "again"
#include "living.cpp"
