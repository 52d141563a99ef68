#include "core/cli/app.h"

int main(int argc, char** argv) { return refold::cli::run(argc, argv); }
