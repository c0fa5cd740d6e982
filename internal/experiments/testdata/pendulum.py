# The pendulum of Millidge et al. 2024 with NumPy, for the numbers in TestPendulum:
# python pendulum.py
import numpy as np


def run(seed, lin, n, k1, k2, cd, ad):
    def rhs(x): return np.array([x[1], -9.81/3*np.sin(x[0])])
    y=np.zeros((2,n)); x=np.array([1.8,2.2])
    for t in range(n):
        if t:
            for _ in range(10):
                h=.01; a=rhs(x); b=rhs(x+h/2*a); c=rhs(x+h/2*b); d=rhs(x+h*c); x=x+h/6*(a+2*b+2*c+d)
        y[:,t]=x
    np.random.seed(seed)
    y[0]+=np.random.normal(0,.1,n); y[1]+=np.random.normal(0,.1,n)
    f=(lambda v:v) if lin else np.tanh
    df=(lambda v:np.ones_like(v)) if lin else (lambda v:1-np.tanh(v)**2)
    A=np.zeros((2,2)); C=np.eye(2); x=np.zeros(2); e=[]; cc=1; ac=1
    for t in range(n):
        ox=x.copy(); x=x+.1*(A@f(ox)); ey=y[:,t]-C@f(ox)
        x=x+.1*(C.T@(df(x)*ey)); ex=(C.T@df(x))*ey
        C=C+.1*k1*np.outer(ey,f(x)); A=A+.1*k2*np.outer(ex,f(ox))
        if ad and ac==ad: k2/=1.015
        if cd and cc==cd: k1/=1.015; cc=1
        e.append((ey**2).sum()/2); cc+=1; ac+=1
    l=n-n//10
    return [np.mean(e), np.mean(e[l:]), *A.ravel().tolist()]
print(run(2,False,1000,8.5,.9,300,None)); print(run(2,True,1000,.01,.09,None,500))
