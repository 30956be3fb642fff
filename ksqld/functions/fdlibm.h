/* Functions whose last digit differs from one library to the next, as Java's Math has them. */
#ifndef KSQLD_FUNCTIONS_FDLIBM_H
#define KSQLD_FUNCTIONS_FDLIBM_H

double ksql_fdlibm_acos(double x);
double ksql_fdlibm_asin(double x);
double ksql_fdlibm_atan(double x);
double ksql_fdlibm_atan2(double y, double x);
double ksql_fdlibm_cbrt(double x);
double ksql_fdlibm_cosh(double x);
double ksql_fdlibm_sinh(double x);
double ksql_fdlibm_tanh(double x);

#endif
