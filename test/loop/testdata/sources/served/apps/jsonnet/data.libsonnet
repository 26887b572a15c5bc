{from: 'main'}
